import { Button, Group, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/client";
import { asProblem } from "../api/problem";
import { CameraTrouble } from "./CameraTrouble";
import { type Fields, inWords } from "./fields";
import { Notice } from "./Notice";
import type { Edit } from "./useEdit";

interface Props {
  error: unknown;
  /** What the fields are called, as the server names them. */
  fields?: Fields;
  /** What is being changed, where others may change it too. */
  edit?: Edit;
}

/** Why something was not saved; where somebody else was faster, what differs now. */
export function SaveTrouble({ error, fields = {}, edit }: Props) {
  const overtaken = error ? asProblem(error).code === "version_mismatch" : false;
  useEffect(() => {
    if (overtaken) void queryClient.invalidateQueries();
  }, [overtaken]);
  // What was said of a version is settled once it was chosen how to go on from it.
  const [settled, setSettled] = useState<unknown>();
  if (edit && edit.differs.length > 0)
    return (
      <NewerVersion
        edit={edit}
        onChosen={(mine) => {
          edit.goOn(mine);
          setSettled(error);
        }}
      />
    );
  if (!error || error === settled) return null;
  return <CameraTrouble error={inWords(error, fields)} />;
}

function NewerVersion({ edit, onChosen }: { edit: Edit; onChosen: (mine: boolean) => void }) {
  const { t } = useTranslation("operator");
  return (
    <Notice role="alert" title={t("confirm.newer")}>
      <Text size="sm">{t("confirm.newerDiffers", { fields: edit.differs.join(", ") })}</Text>
      <Text size="sm">{t("confirm.newerHint")}</Text>
      <Group gap="xs">
        <Button size="compact-md" onClick={() => onChosen(true)}>
          {t("confirm.keepMine")}
        </Button>
        <Button size="compact-md" variant="default" onClick={() => onChosen(false)}>
          {t("confirm.takeTheirs")}
        </Button>
      </Group>
    </Notice>
  );
}
