import { Alert, Text } from "@mantine/core";
import { IconTool } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { said } from "../i18n";

interface Props {
  failure: Schemas["ConnectFailure"];
  stream?: Schemas["StreamKind"] | null;
}

/** What is wrong with a camera, and what to do about it. */
export function FailureNote({ failure, stream }: Props) {
  const { t } = useTranslation("operator");
  return (
    <Alert
      color="red"
      role="alert"
      icon={<IconTool aria-hidden />}
      title={`${t("add.fails")} ${stream ? `${t(`add.whichStream.${stream}`)}.` : ""}`}
    >
      <Text>{said(failure.message)}.</Text>
      <Text mt={4}>
        <b>{t("add.whatToDo")}: </b>
        {said(failure.remedy)}
      </Text>
    </Alert>
  );
}
