"""What a rule is given to look at: one exchange, its messages so far, the server's profile, and what came before."""

from typing import TYPE_CHECKING

from nexdiag.core.endpoint import Profile
from nexdiag.lint.seen.answer import AnswerSeen
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import View

if TYPE_CHECKING:  # it brings jinja2, which nobody needs who gives no template
    from nexdiag.lint.template.chat_template import ChatTemplate


class Case:
    """One exchange under judgement."""

    __slots__ = ("history", "past", "profile", "template", "view")

    def __init__(
        self, view: View, history: History, profile: Profile, past: Past, template: "ChatTemplate | None" = None
    ) -> None:
        """`history` is as far as it has been read: to the newest message, or to the end of the request.

        `template` is the model's own, where it was given.
        """
        self.template = template
        self.view = view
        self.history = history
        self.profile = profile
        self.past = past

    @property
    def answer(self) -> AnswerSeen:
        """What came back; nothing where it is not known."""
        return self.view.answer

    @property
    def model(self) -> str:
        """The model that the request names; empty where it names none."""
        model = self.view.fields.get("model")
        return model if isinstance(model, str) else ""
