import { Code, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { BAD_TEXT } from "../tones";
import { troubleOf } from "./trouble";

/** Why a message did not go out, and what to do about it. */
export function DeliveryTrouble({ words }: { words: string }) {
  const { t } = useTranslation(["operator", "common"]);
  const trouble = troubleOf(words);
  return (
    <>
      <Text size="sm" c={BAD_TEXT}>
        {t(`deliveries.trouble.${trouble}`)}
      </Text>
      <Text size="sm">
        <b>{t("add.whatToDo")}: </b>
        {t(`deliveries.remedy.${trouble}`)}
      </Text>
      <details>
        <summary>{t("common:state.details")}</summary>
        <Code block lang="en" style={{ whiteSpace: "pre-wrap" }}>
          {words}
        </Code>
      </details>
    </>
  );
}
