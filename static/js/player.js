/*
 * Plays the tracks of a [data-player] list, one at a time on the page. Until a person taps, nothing
 * is asked of any other host. Words come from the data-say-* attributes of the list.
 */
import { openAudio } from "./hosted-audio.js";
import { openVideo } from "./youtube.js";

const VOLUME = "maeum.volume";
/* The video itself cannot be played here: gone, private, or embedding refused. */
const VIDEO_GONE = new Set([100, 101, 150]);
/* The player met no referrer: our deployment is wrong, not the video. */
const OURS = 153;

const lists = new WeakMap();
let current = null;

function storedVolume() {
  try {
    const level = Number.parseFloat(localStorage.getItem(VOLUME));
    return level >= 0 && level <= 1 ? level : 0.7;
  } catch {
    return 0.7; /* private mode without storage */
  }
}

function keepVolume(level) {
  try {
    localStorage.setItem(VOLUME, String(level));
  } catch {
    /* it is only forgotten */
  }
}

class TrackList {
  constructor(root) {
    this.root = root;
    this.dock = root.querySelector("[data-dock]");
    this.stage = root.querySelector("[data-stage]");
    this.status = root.querySelector("[data-status]");
    this.link = root.querySelector("[data-open-link]");
    this.slider = root.querySelector("[data-volume]");
    this.slider.value = storedVolume();
    this.slider.addEventListener("input", () => this.setVolume(Number(this.slider.value)));
    this.item = null;
    this.handle = null;
    this.turn = 0; /* a slow load that comes back after another tap must do nothing */
    this.failed = new Set();
  }

  get items() {
    return [...this.root.querySelectorAll("[data-track]")];
  }

  say(name) {
    this.status.textContent = name ? (this.root.dataset[name] ?? "") : "";
  }

  toggle(item) {
    if (item !== this.item || !this.handle) {
      this.failed.clear();
      this.start(item);
    } else if (item.dataset.playing) {
      this.handle.pause();
    } else {
      silenceOthers(this);
      this.handle.play();
    }
  }

  async start(item, { audioOnly = false } = {}) {
    silenceOthers(this);
    this.close();
    const turn = this.turn;
    this.item = item;
    const data = item.dataset;
    const byVideo = Boolean(data.youtube) && !audioOnly;
    this.source = byVideo ? data.youtubeSource : data.audioSource;
    item.append(this.dock);
    this.dock.hidden = false;
    this.dock.dataset.kind = byVideo ? "video" : "audio";
    this.link.hidden = true;
    this.link.href = data.page;
    this.say("sayLoading");
    this.root.querySelector("[data-now]").textContent = data.title;
    this.dock.scrollIntoView({ block: "nearest" });
    const on = this.listeners(turn);
    if (!byVideo) {
      this.handle = openAudio(this.stage, data.audio, storedVolume(), data.title, on);
      return;
    }
    try {
      const handle = await openVideo(this.stage, data.youtube, storedVolume(), data.title, on);
      if (turn === this.turn) this.handle = handle;
      else handle.destroy();
    } catch {
      if (turn === this.turn) this.blocked();
    }
  }

  listeners(turn) {
    const mine = (act) => (value) => {
      if (turn === this.turn) act(value);
    };
    return {
      playing: mine(() => this.playing(true)),
      paused: mine(() => this.playing(false)),
      ended: mine(() => this.ended()),
      error: mine((code) => this.error(code)),
      volume: mine((level) => this.setVolume(level, { fromPlayer: true })),
    };
  }

  playing(now) {
    const { item } = this;
    if (now) {
      this.say("");
      if (!item.dataset.begun) this.report("play");
      item.dataset.begun = "1";
      item.dataset.playing = "1";
    } else {
      delete item.dataset.playing;
    }
    const button = item.querySelector("[data-play]");
    button.setAttribute("aria-label", now ? button.dataset.labelPause : button.dataset.labelPlay);
    const toggle = this.dock.querySelector("[data-toggle]");
    toggle.textContent = now ? toggle.dataset.labelPause : toggle.dataset.labelPlay;
  }

  ended() {
    this.report("finish");
    this.playing(false);
    if ("continue" in this.root.dataset) this.next();
  }

  error(code) {
    this.report("error", code);
    this.playing(false);
    this.failed.add(this.item);
    if (code === OURS) {
      this.say("sayOurs");
      this.link.hidden = false;
      return;
    }
    const gone = VIDEO_GONE.has(code);
    const next = this.items.find((item) => !this.failed.has(item) && this.isAfter(item));
    const other = next ?? this.items.find((item) => !this.failed.has(item));
    if (!other) {
      this.stuck("sayNone");
      return;
    }
    this.start(other).then(() => this.say(gone ? "sayGone" : "sayBroken"));
  }

  /* YouTube is not reachable: other videos would not come either, so look for an audio file. */
  blocked() {
    const own = this.item.dataset.audio ? this.item : null;
    const later = this.items.filter((item) => item.dataset.audio && !this.failed.has(item));
    const next = own ?? later.find((item) => this.isAfter(item)) ?? later[0];
    if (!next) {
      this.stuck("sayBlocked");
      return;
    }
    this.start(next, { audioOnly: true }).then(() => this.say("sayBlockedAudio"));
  }

  stuck(sentence) {
    this.turn += 1;
    this.stage.replaceChildren();
    this.handle = null;
    this.dock.dataset.kind = "none";
    this.say(sentence);
    this.link.hidden = !this.item.dataset.youtube;
  }

  isAfter(item) {
    return this.items.indexOf(item) > this.items.indexOf(this.item);
  }

  step(by) {
    const { items } = this;
    const index = items.indexOf(this.item) + by;
    if (index < 0 || index >= items.length) return;
    if (this.item.dataset.playing) this.report("skip");
    this.failed.clear();
    this.start(items[index]);
  }

  next() {
    this.step(1);
  }

  setVolume(level, { fromPlayer = false } = {}) {
    keepVolume(level);
    this.slider.value = level;
    if (!fromPlayer) this.handle?.volume(level);
  }

  close() {
    this.turn += 1;
    if (this.item) {
      this.playing(false);
      delete this.item.dataset.begun;
    }
    this.handle?.destroy();
    this.handle = null;
    this.stage.replaceChildren();
  }

  /* A report is a courtesy: a lost one never disturbs the music. */
  report(kind, code = null) {
    const body = new FormData();
    body.set("key", newKey());
    body.set("source", this.source);
    body.set("kind", kind);
    if (code !== null) body.set("error_code", code);
    const second = this.handle?.second() ?? 0;
    if (Number.isFinite(second)) body.set("at_second", second.toFixed(1));
    const headers = { "X-CSRFToken": this.root.dataset.csrf };
    fetch(this.root.dataset.eventUrl, { method: "POST", body, headers, keepalive: true }).catch(() => {});
  }
}

/* randomUUID exists only on https and localhost; a kiosk on the local network may have neither. */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function silenceOthers(list) {
  if (current && current !== list) {
    if (document.contains(current.root)) current.handle?.pause();
    else current.close();
  }
  current = list;
}

function listOf(element) {
  const root = element.closest("[data-player]");
  if (!lists.has(root)) lists.set(root, new TrackList(root));
  return lists.get(root);
}

/* Delegated, because htmx puts lists in and takes them away. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-player] button");
  if (!button) return;
  const list = button.matches("[data-play], [data-toggle], [data-next], [data-previous]")
    ? listOf(button)
    : null;
  if (!list) return;
  if (button.matches("[data-play]")) list.toggle(button.closest("[data-track]"));
  else if (button.matches("[data-toggle]")) list.toggle(list.item);
  else list.step(button.matches("[data-next]") ? 1 : -1);
});
