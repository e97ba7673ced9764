import pytest

from ecsvnc.background import in_background
from ecsvnc.viewer.asked_password import AskedPassword


class Prompt:
    """Answers in their order, and how often it was called."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def asked(password):
    """A question of another thread, answered on this one."""
    question = in_background(password, name="a viewer")
    password.answer(within_s=20)
    return question.result(timeout=20)


def test_the_main_thread_prompts_for_the_thread_that_asks():
    prompt = Prompt("Ab12cd")
    assert asked(AskedPassword(prompt)) == "Ab12cd"


def test_what_was_typed_holds_until_the_console_rejects_it():
    prompt = Prompt("Ab12cd", "Ef34gh")
    password = AskedPassword(prompt)
    asked(password)
    assert (password(), prompt.calls) == ("Ab12cd", 1)
    password.forget()
    assert (asked(password), prompt.calls) == ("Ef34gh", 2)


def test_two_viewers_that_ask_at_the_same_time_are_one_prompt():
    prompt = Prompt("Ab12cd")
    password = AskedPassword(prompt)
    questions = [in_background(password, name="a viewer") for _ in range(2)]
    for _ in range(2):
        password.answer(within_s=20)
    assert [question.result(timeout=20) for question in questions] == ["Ab12cd"] * 2
    assert prompt.calls == 1


def test_an_interrupted_prompt_leaves_no_thread_waiting():
    password = AskedPassword(Prompt(KeyboardInterrupt()))
    question = in_background(password, name="a viewer")
    with pytest.raises(KeyboardInterrupt):
        password.answer(within_s=20)
    assert question.result(timeout=20) is None


def test_without_a_question_the_user_is_not_prompted():
    prompt = Prompt()
    AskedPassword(prompt).answer(within_s=0.01)
    assert prompt.calls == 0
