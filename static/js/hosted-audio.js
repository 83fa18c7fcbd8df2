/* An <audio> element with the browser's own controls, behind the same handle as a video. */

/** Put a playing audio file into `stage`; return {play, pause, volume, second, destroy}. */
export function openAudio(stage, url, volume, title, on) {
  const audio = document.createElement("audio");
  audio.controls = true;
  audio.preload = "none";
  audio.volume = volume;
  audio.setAttribute("aria-label", title);
  audio.addEventListener("playing", on.playing);
  audio.addEventListener("pause", on.paused);
  audio.addEventListener("ended", on.ended);
  audio.addEventListener("volumechange", () => on.volume(audio.volume));
  /* MediaError 2 is the network, 3 and 4 the file: none of them is a YouTube number. */
  audio.addEventListener("error", () => on.error(audio.error?.code ?? 0));
  audio.src = url;
  stage.replaceChildren(audio);
  audio.play().catch(() => {}); /* refused autoplay leaves the controls, which is enough */
  return {
    play: () => audio.play().catch(() => {}),
    pause: () => audio.pause(),
    volume: (level) => {
      audio.volume = level;
    },
    second: () => audio.currentTime,
    destroy: () => {
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
      audio.remove();
    },
  };
}
