import { useTranslation } from "react-i18next";
import { language } from "../i18n";

const locale = () => (language() === "en" ? "en-GB" : "vi-VN");

/** A number as the reader writes it. */
export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export function percent(part: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: digits }).format(part);
}

function unit(value: number, name: string, digits = 0): string {
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: name,
    unitDisplay: "long",
    maximumFractionDigits: digits,
  }).format(value);
}

/** How long something took, in the largest unit that says enough: "61 days", "3 minutes". */
export function span(seconds: number): string {
  if (seconds < 10) return unit(seconds, "second", 1);
  if (seconds < 120) return unit(Math.round(seconds), "second");
  if (seconds < 7200) return unit(Math.round(seconds / 60), "minute");
  if (seconds < 172_800) return unit(seconds / 3600, "hour", 1);
  return unit(Math.floor(seconds / 86_400), "day");
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function bytes(value: number): string {
  const step = Math.min(SIZES.length - 1, value > 0 ? Math.floor(Math.log10(value) / 3) : 0);
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: SIZES[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: step > 2 ? 1 : 0,
  }).format(value / 1000 ** step);
}

/** Figures of a stream, with their units. */
export function useStreamFigures() {
  const { t } = useTranslation("operator");
  return {
    fps: (value: number) => t("unit.fps", { value: number(value, 1) }),
    bitRate: (bits: number) =>
      bits >= 1e6
        ? t("unit.megabits", { value: number(bits / 1e6, 1) })
        : t("unit.bits", { value: number(bits / 1e3) }),
  };
}
