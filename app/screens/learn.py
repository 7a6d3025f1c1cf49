"""The model in ten minutes, with the real numbers of one utterance."""

import streamlit as st

from app import state
from app.components.learn_codes import draw_codes
from app.components.learn_encode import draw_encode
from app.components.learn_frame import current_step, lesson
from app.components.learn_identity import draw_identity
from app.components.learn_predict import draw_predict
from app.components.learn_pull import draw_pull
from app.components.learn_squeeze import draw_squeeze
from app.components.learn_subject import lesson_subject
from app.components.learn_train import draw_train
from app.components.learn_utterance import draw_utterance

# In a fragment, a control draws its own step anew and nothing else. The first step chooses the
# utterance for all pages, and the last one has a fragment of its own.
DRAWN = (
    draw_utterance,
    st.fragment(draw_encode),
    st.fragment(draw_codes),
    st.fragment(draw_pull),
    st.fragment(draw_squeeze),
    st.fragment(draw_identity),
    st.fragment(draw_predict),
    draw_train,
)

view = state.current_view()
step = current_step()
with state.readable_errors():
    subject = lesson_subject(view)
    with lesson(step):
        DRAWN[step](subject)
