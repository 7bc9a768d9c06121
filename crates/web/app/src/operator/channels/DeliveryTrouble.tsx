import { Code, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { BAD_TEXT } from "../tones";

/** Why a message did not go out, and what to do about it. */
export function DeliveryTrouble({ delivery }: { delivery: Schemas["Delivery"] }) {
  const { t } = useTranslation(["operator", "common"]);
  const trouble = delivery.last_trouble;
  if (!trouble) return null;
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
          {delivery.last_error}
        </Code>
      </details>
    </>
  );
}
