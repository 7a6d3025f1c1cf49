export default function ({ parentElement, data, setTriggerValue }) {
  const make = (tag, name, parent, text) => {
    const element = document.createElement(tag);
    element.className = name;
    if (text) element.textContent = text;
    parent.appendChild(element);
    return element;
  };
  const root = parentElement.querySelector(".chat");
  root.replaceChildren();
  const control = (tag, name, parent, text, title, act) => {
    const element = make(tag, name, parent, text);
    element.title = title;
    element.onclick = (event) => { event.stopPropagation(); act(); };
    return element;
  };
  const side = (event) => {
    const box = root.getBoundingClientRect();
    return event.clientX > box.left + box.width / 2 ? "right" : "left";
  };
  const still = () => root.classList.remove("to-left", "to-right");
  root.ondragover = (event) => {
    event.preventDefault();
    still();
    root.classList.add(`to-${side(event)}`);
  };
  root.ondragleave = still;
  root.ondrop = (event) => {
    event.preventDefault();
    still();
    const id = event.dataTransfer.getData("text/plain");
    if (data.bubbles.some((b) => b.label && b.id === id))
      setTriggerValue("relabelled", { id, side: side(event) });
  };
  for (const one of data.bubbles) {
    const names = ["bubble", one.right && "right", one.target && "target", !data.pick && "still",
      one.removed && "removed"];
    // A button may not contain others: where there are some, only the words are one.
    const edit = one.label || one.removed !== null;
    const tag = data.pick && !edit ? "button" : "div";
    const bubble = make(tag, names.filter(Boolean).join(" "), root);
    bubble.style.borderWidth = `${1 + 5 * one.weight}px`;
    if (one.weight > 0) {
      const strength = Math.round(25 + 75 * one.weight);
      bubble.style.borderColor =
        `color-mix(in srgb, var(--st-primary-color) ${strength}%, var(--st-border-color))`;
    }
    const who = make("div", edit ? "who edit" : "who", bubble);
    make("span", "", who, one.who);
    if (one.label) {
      // Not a button: browsers do not agree on dragging those.
      const change = () => setTriggerValue("relabelled", { id: one.id, side: "" });
      const label = control("span", `label${one.changed ? " changed" : ""}`, who, one.label,
        "Click to change who is said to have spoken, or drag it to a side", change);
      label.role = "button";
      label.tabIndex = 0;
      label.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        change();
      };
      label.draggable = true;
      label.ondragstart = (event) => event.dataTransfer.setData("text/plain", one.id);
    }
    if (one.removed !== null)
      control("button", "take", who, one.removed ? "show" : "hide",
        one.removed ? "Show this turn to the model again" : "Hide this turn from the model",
        () => setTriggerValue("removed", one.id));
    const text = make(edit && data.pick ? "button" : "div", edit ? "text say" : "text", bubble,
      one.text);
    text.style.opacity = one.removed ? "" : one.opacity;
    if (one.note) {
      const note = make("div", "note", bubble);
      if (one.colour) make("span", "mark", note).style.background = one.colour;
      make("span", "", note, one.note);
    }
    if (one.bar.length) {
      const bar = make("div", "bar", bubble);
      for (const [colour, share] of one.bar) {
        const part = make("span", "", bar);
        part.style.background = colour;
        part.style.width = `${100 * share}%`;
      }
    }
    if (data.pick) bubble.onclick = () => setTriggerValue("picked", one.id);
  }
}
