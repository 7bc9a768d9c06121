import { SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language, language, setLanguage } from "../i18n";

/** Vietnamese or English. */
export function LanguageSwitch() {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("language.label")}
      value={language()}
      onChange={(chosen) => void setLanguage(chosen as Language)}
      data={LANGUAGES.map((one) => ({ value: one, label: one.toUpperCase() }))}
    />
  );
}
