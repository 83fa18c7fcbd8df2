// Take a photo with the webcam: aim, count, shoot, look, use. Refused or missing: say so, show the way on.
const dialog = document.querySelector("[data-camera]");
const opener = document.querySelector("[data-open-camera]");
const phone = document.querySelector("[data-phone-camera]");
const say = dialog.dataset;
const find = (name) => dialog.querySelector(`[data-${name}]`);
const [video, shot, count, finder, aiming, deciding, trouble] = ["video", "shot", "count", "finder", "aiming", "deciding", "camera-problem"].map(find);
let stream = null;

// Phones open their own camera, which people know; everything else gets the dialog.
if (navigator.mediaDevices?.getUserMedia && !window.matchMedia("(pointer: coarse)").matches) {
  opener.hidden = false;
  phone.hidden = true;
}

opener.addEventListener("click", open);
find("close-camera").addEventListener("click", () => dialog.close());
find("shutter").addEventListener("click", shoot);
find("again").addEventListener("click", aim);
find("use").addEventListener("click", use);
find("choose-file").addEventListener("click", () => {
  dialog.close();
  document.querySelector("[data-main-file]").click();
});
dialog.addEventListener("close", () => {
  stop();
  opener.focus();
});

async function open() {
  dialog.showModal();
  aim();
  finder.hidden = false;
  trouble.hidden = true;
  try {
    const wanted = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } };
    const opened = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    if (!dialog.open) return opened.getTracks().forEach((track) => track.stop());
    stream = opened;
    video.srcObject = stream;
    await video.play();
    find("shutter").disabled = false;
    find("shutter").focus();
  } catch (error) {
    refused(error);
  }
}

function refused(error) {
  const sentences = { NotAllowedError: say.sayRefused, SecurityError: say.sayRefused, NotReadableError: say.sayBusy, AbortError: say.sayBusy };
  find("camera-sentence").textContent = sentences[error.name] ?? say.sayMissing;
  trouble.hidden = false;
  finder.hidden = true;
  aiming.hidden = true;
  find("choose-file").focus();
}

function aim() {
  shot.hidden = true;
  video.hidden = false;
  aiming.hidden = false;
  deciding.hidden = true;
  count.textContent = "";
  find("shutter").disabled = stream === null;
}

async function shoot() {
  const shutter = find("shutter");
  shutter.disabled = true;
  if (find("timer").checked) {
    for (const second of [3, 2, 1]) {
      count.textContent = String(second);
      await new Promise((done) => setTimeout(done, 1000));
      if (!dialog.open) return;
    }
    count.textContent = "";
  }
  shot.width = video.videoWidth;
  shot.height = video.videoHeight;
  shot.getContext("2d").drawImage(video, 0, 0);
  shot.hidden = false;
  video.hidden = true;
  aiming.hidden = true;
  deciding.hidden = false;
  find("use").focus();
}

function use() {
  shot.toBlob((blob) => {
    const files = new DataTransfer();
    files.items.add(new File([blob], `${say.name}.jpg`, { type: "image/jpeg" }));
    const input = document.querySelector("[data-main-file]");
    input.files = files.files;
    dialog.close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, "image/jpeg", 0.92);
}

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
}
