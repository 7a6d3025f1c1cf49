// Bubbles of a few turns, and the prediction on its scale; a button tells the model that somebody
// else spoke. Everything is here already, so nothing is asked of the server.

function element(parent, name, text = "") {
  const made = parent.appendChild(document.createElement("div"));
  made.className = name;
  made.textContent = text;
  return made;
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".spoke");
  const kept = root.told ?? false;
  root.replaceChildren();
  const bubbles = data.turns.map(({ speaker, text, same }, i) => {
    const target = i === data.turns.length - 1;
    const bubble = element(root, "bubble");
    bubble.classList.toggle("target", target);
    const who = element(bubble, "who", speaker);
    element(bubble, "text", text);
    return { bubble, who, speaker, same, target };
  });
  const scale = element(root, "scale");
  element(scale, "strip").style.background = `linear-gradient(90deg, ${data.scale.join(", ")})`;
  const truth = element(scale, "truth"), dot = element(scale, "dot"), said = element(scale, "said");
  truth.title = "truth";
  truth.style.left = `${100 * data.places.truth}%`;
  const ends = element(root, "ends");
  for (const text of [data.ends[0], data.label, data.ends[1]]) element(ends, "end", text);
  const button = root.appendChild(document.createElement("button"));
  button.type = "button";

  const show = (told) => {
    root.told = told;
    for (const { bubble, who, speaker, same, target } of bubbles) {
      const right = target || (told ? !same : same);
      bubble.classList.toggle("right", right);
      bubble.classList.toggle("told", told && !target);
      const somebody = same ? "somebody else" : data.who;
      who.textContent = told && !target ? `told: ${somebody}` : speaker;
    }
    const at = `${100 * data.places[told ? "swapped" : "trained"]}%`;
    dot.style.left = said.style.left = at;
    dot.style.background = data.colours[told ? 1 : 0];
    said.textContent = data.said[told ? 1 : 0];
    button.setAttribute("aria-pressed", told);
    button.textContent = told ? "Tell it the truth again" : "Tell it that somebody else spoke";
  };
  button.onclick = () => show(!root.told);
  show(kept);
}
