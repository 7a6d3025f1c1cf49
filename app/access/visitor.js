// Keeps the token of this browser, so that its runs are still its own after a reload.
export default function keep({ data }) {
  const held = document.cookie.split("; ").some((one) => one.startsWith(`${data.name}=`));
  if (held) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    `${data.name}=${data.token}; path=/; max-age=31536000; SameSite=Strict${secure}`;
}
