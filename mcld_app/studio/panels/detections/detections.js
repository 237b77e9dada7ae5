// The people found in a photo, where they are several: whom the visitor means.
const box = element.querySelector(".detections");
showing(({ name, people }) => {
  box.replaceChildren();
  if (!people.length) return;
  box.append(make("p", { text: `Found in “${name}”, the largest first. Whom do you mean?` }));
  people.forEach((src, index) => {
    const button = make("button", { type: "button", title: `Person ${index + 1}` },
      make("img", { src, alt: `Person ${index + 1} in the photo`, width: 66, height: 96 }));
    button.addEventListener("click", () => trigger("body", { index }));
    box.append(button);
  });
});
