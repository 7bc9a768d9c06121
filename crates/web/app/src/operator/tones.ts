/** Grounds of badges and buttons with white text, and colours of words: dark or light enough to be read by everybody (WCAG AA). */
export const GOOD = "#0a6b4d";
export const WARN = "#a83f06";
export const BAD = "#b42323";
export const OFF = "#495057";
export const GOOD_TEXT = "light-dark(#0a6b4d, var(--mantine-color-teal-3))";
export const BAD_TEXT = "light-dark(#b42323, var(--mantine-color-red-3))";
