/** The words of every hint, out of the drawing: the browser's own come late and small. */
function taken(room) {
  for (const title of room.querySelectorAll("title")) {
    title.parentElement.dataset.hint = title.textContent;
    title.remove();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const room = parentElement.querySelector(".mmmie-room");
  const tip = parentElement.querySelector(".mmmie-tip");
  room.onclick = (event) => {
    const chosen = event.target.closest("[data-choice]");
    if (chosen) setTriggerValue("chosen", chosen.dataset.choice);
  };
  room.onpointermove = (event) => {
    const words = event.target.closest("[data-hint]")?.dataset.hint;
    tip.hidden = !words;
    if (!words) return;
    if (tip.textContent !== words) tip.textContent = words;
    const { width, height } = tip.getBoundingClientRect();
    const right = event.clientX + 14 + width > window.innerWidth;
    const low = event.clientY + 14 + height > window.innerHeight;
    tip.style.left = `${event.clientX + (right ? -14 - width : 14)}px`;
    tip.style.top = `${event.clientY + (low ? -14 - height : 14)}px`;
  };
  room.onpointerleave = () => { tip.hidden = true; };
  if (room.drawn === data.drawing) return;
  room.drawn = data.drawing;
  room.innerHTML = data.drawing;  // written by the app, every word in it escaped
  tip.hidden = true;
  taken(room);
}
