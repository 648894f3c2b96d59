// Images by URL. Only http and https are fetched.

import { el } from "../dom.js";

export function image(described, place) {
  const address = described.image_url ?? described.slack_file?.url ?? "";
  if (!/^https?:\/\//i.test(address)) return el("span.unknown", {}, described.alt_text ?? "image");
  const picture = el(`img.${place}`, { src: address, alt: described.alt_text ?? "", loading: "lazy" });
  picture.addEventListener("error", () =>
    picture.replaceWith(el("span.unknown", {}, described.alt_text ?? "image")),
  );
  return picture;
}
