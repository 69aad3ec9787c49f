"""From what a user typed to an Endpoint. The environment is handed in; nothing is asked of any server here.

names     providers: prefix of a model spec, label of an endpoint entry, default address
address   a URL as typed → the base URL, and the wire that it implies
key       an endpoint entry → its key
resolving config and command line → Endpoint

Three of the founding faults were made here in the reference executor: a base URL that went out without its
version segment (404), a provider prefix left in the model's name (400), and a guess at what the server accepts.
"""

from nexdiag.agent.provider.address import implied_wire, is_loopback, normalise_base_url
from nexdiag.agent.provider.names import PREFIXES, PROVIDERS, Provider, split_model, split_model_strictly
from nexdiag.agent.provider.resolving import Profiles, resolve, with_window

__all__ = [
    "PREFIXES",
    "PROVIDERS",
    "Profiles",
    "Provider",
    "implied_wire",
    "is_loopback",
    "normalise_base_url",
    "resolve",
    "split_model",
    "split_model_strictly",
    "with_window",
]
