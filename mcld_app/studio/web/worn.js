// What the person wears, newest last.
const box = element.querySelector(".worn-box"), list = element.querySelector(".worn-list");
const show = () => {
  const worn = (props.value && props.value.worn) || [];
  list.replaceChildren(...worn.map((edit, i) => {
    const remove = make("button", { type: "button", class: "worn-remove", "aria-label": `Take off ${edit.label}`, title: "Take off", text: "×" });
    remove.addEventListener("click", () => trigger("remove", { index: i }));
    return make("li", { class: "worn" }, make("img", { src: edit.src, alt: "" }),
      make("span", { class: "worn-label", text: edit.label }), make("span", { class: "worn-region", text: edit.region }), remove);
  }));
  box.classList.toggle("bare", !worn.length);
};
watch("value", show);
show();
