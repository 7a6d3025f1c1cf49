"""The model in ten minutes, with the real numbers of one utterance."""

from app import state
from app.parts.fragment import fragment
from app.screens.learn.codes import draw_codes
from app.screens.learn.encode import draw_encode
from app.screens.learn.frame import current_step, lesson
from app.screens.learn.identity import draw_identity
from app.screens.learn.predict import draw_predict
from app.screens.learn.pull import draw_pull
from app.screens.learn.squeeze import draw_squeeze
from app.screens.learn.subject import lesson_subject
from app.screens.learn.train import draw_train
from app.screens.learn.utterance import draw_utterance
from app.screens.learn.who_knows import draw_who_knows

# In a fragment, a control draws its own step anew and nothing else. The first step chooses the
# utterance for all pages, and the last two have fragments of their own.
DRAWN = (
    draw_utterance,
    fragment(draw_encode),
    fragment(draw_codes),
    fragment(draw_pull),
    fragment(draw_squeeze),
    fragment(draw_identity),
    fragment(draw_predict),
    draw_who_knows,
    draw_train,
)

view = state.current_view()
step = current_step()
with state.readable_errors():
    subject = lesson_subject(view)
    with lesson(step):
        DRAWN[step](subject)
