/* YouTube's IFrame player, fetched only after somebody taps a track. */

const SCRIPT = "https://www.youtube.com/iframe_api";
const HOST = "https://www.youtube-nocookie.com";
/* Longer than a slow phone needs, shorter than a person waits. */
export const PATIENCE = 8000;

let loading = null;

/** Resolve with the YT namespace; reject when the script is blocked or does not come in time. */
function load() {
  if (window.YT?.Player) return Promise.resolve(window.YT);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      clearTimeout(timer);
      script.remove();
      loading = null; /* a later tap tries again */
      reject(new Error("blocked"));
    };
    const timer = setTimeout(fail, PATIENCE);
    window.onYouTubeIframeAPIReady = () => {
      clearTimeout(timer);
      resolve(window.YT);
    };
    script.src = SCRIPT;
    script.onerror = fail;
    document.head.append(script);
  });
  return loading;
}

/**
 * Put a playing video into `stage`; resolve with {play, pause, volume, second, destroy}.
 * `on` has playing(), paused(), ended(), error(code). Rejects when YouTube cannot be reached.
 */
export async function openVideo(stage, id, volume, title, on) {
  const YT = await load();
  const mount = document.createElement("div");
  stage.replaceChildren(mount);
  return new Promise((resolve, reject) => {
    let player = null;
    /* The script may load while the frame itself is blocked: no onReady ever comes then. */
    const timer = setTimeout(() => {
      player?.destroy();
      reject(new Error("blocked"));
    }, PATIENCE);
    const handle = {
      play: () => player.playVideo(),
      pause: () => player.pauseVideo(),
      volume: (level) => player.setVolume(Math.round(level * 100)),
      second: () => player.getCurrentTime?.() ?? 0,
      destroy: () => player.destroy(),
    };
    player = new YT.Player(mount, {
      host: HOST,
      width: "100%",
      height: "100%",
      videoId: id,
      playerVars: {
        autoplay: 1,
        playsinline: 1,
        rel: 0,
        origin: window.location.origin,
        hl: document.documentElement.lang,
      },
      events: {
        onReady: () => {
          clearTimeout(timer);
          player.getIframe?.()?.setAttribute("title", title);
          handle.volume(volume);
          player.playVideo();
          resolve(handle);
        },
        onStateChange: ({ data }) => {
          if (data === YT.PlayerState.PLAYING) on.playing();
          if (data === YT.PlayerState.PAUSED) on.paused();
          if (data === YT.PlayerState.ENDED) on.ended();
        },
        onError: ({ data }) => {
          clearTimeout(timer);
          resolve(handle);
          on.error(data);
        },
      },
    });
  });
}
