import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import vi from "./vi";

export const LANGUAGES = ["vi", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEPT = "taimat.language";

/** Loads one language; English is fetched only by who reads it. */
async function load(language: Language) {
  if (language === "en" && !i18next.hasResourceBundle("en", "common")) {
    const { default: en } = await import("./en");
    for (const [namespace, texts] of Object.entries(en)) i18next.addResourceBundle("en", namespace, texts);
  }
}

export async function startLanguage() {
  const kept = localStorage.getItem(KEPT);
  const language: Language = kept === "en" ? "en" : "vi";
  await i18next.use(initReactI18next).init({
    lng: "vi",
    resources: { vi },
    defaultNS: "common",
    returnNull: false,
    interpolation: { escapeValue: false },
  });
  if (language !== "vi") await setLanguage(language);
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
