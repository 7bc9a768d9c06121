import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = ["vi", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEPT = "taimat.language";

/** Each reader fetches the texts of one language only. */
const TEXTS = { vi: () => import("./vi"), en: () => import("./en") };

async function load(language: Language) {
  if (i18next.hasResourceBundle(language, "common")) return;
  const { default: texts } = await TEXTS[language]();
  for (const [namespace, words] of Object.entries(texts)) {
    i18next.addResourceBundle(language, namespace, words);
  }
}

export async function startLanguage() {
  const kept = localStorage.getItem(KEPT);
  const language: Language = kept === "en" ? "en" : "vi";
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: {},
    defaultNS: "common",
    returnNull: false,
    interpolation: { escapeValue: false },
  });
  await setLanguage(language);
}

export async function setLanguage(language: Language) {
  await load(language);
  await i18next.changeLanguage(language);
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
}

/** The language of the page. */
export function language(): Language {
  return i18next.language === "en" ? "en" : "vi";
}

/** The half of a sentence of the server that the reader understands. */
export function said(sentence: { vi: string; en: string }): string {
  return sentence[language()];
}
