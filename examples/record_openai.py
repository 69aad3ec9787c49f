# ruff: noqa: INP001, T201 - a program of its own, to be copied
"""A program that asks a model through the openai SDK: recorded the first time, played from the file after that.

    OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=none python record_openai.py

The second run needs neither the server nor a network.
"""

import os

import openai

import nexdiag

MODEL = os.environ.get("MODEL", "tiny")


def main() -> None:
    """Ask twice: once for a whole answer, once for a stream."""
    client = openai.OpenAI()
    with nexdiag.use_cassette("hello.cassette.jsonl", record_mode="once") as tape:
        whole = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Say hello."}], max_tokens=32
        )
        print("whole:   ", whole.choices[0].message.content)
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Say goodbye."}], max_tokens=32, stream=True
        )
        said = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        print("streamed:", "".join(said), f"({len(said)} pieces)")
    print(f"{len(tape.recorded)} exchanges recorded, {len(tape.played)} played")


if __name__ == "__main__":
    main()
