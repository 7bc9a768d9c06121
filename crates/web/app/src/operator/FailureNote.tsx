import { Alert, Text } from "@mantine/core";
import { IconTool } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { language, said } from "../i18n";
import type { Failure, Sentence } from "./pending";

/** What the server says, where the reader understands it. */
export function sayable(words: Sentence | string | undefined): string | undefined {
  if (typeof words === "string") return language() === "en" ? words : undefined;
  return words && said(words);
}

interface Props {
  failure: Failure;
  stream?: Schemas["StreamKind"] | null;
}

/** What is wrong with a camera, and what to do about it. */
export function FailureNote({ failure, stream }: Props) {
  const { t } = useTranslation("operator");
  const what = t(`failure.${failure.kind}.what`);
  const remedy = t(`failure.${failure.kind}.remedy`);
  return (
    <Alert
      color="red"
      role="alert"
      icon={<IconTool aria-hidden />}
      title={`${t("add.fails")} ${stream ? `${t(`add.whichStream.${stream}`)}.` : ""}`}
    >
      <Text>{sayable(failure.message) ?? what}</Text>
      <Text mt={4}>
        <b>{t("add.whatToDo")}: </b>
        {sayable(failure.remedy) ?? remedy}
      </Text>
    </Alert>
  );
}
