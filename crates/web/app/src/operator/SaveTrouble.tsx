import { Button, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/client";
import { asProblem } from "../api/problem";
import { CameraTrouble } from "./CameraTrouble";

/** Why something was not saved; where somebody else was faster, their version can be fetched. */
export function SaveTrouble({ error }: { error: unknown }) {
  const { t } = useTranslation("operator");
  if (!error) return null;
  return (
    <Stack gap="xs">
      <CameraTrouble error={error} />
      {asProblem(error).code === "version_mismatch" && (
        <Button w="fit-content" variant="default" onClick={() => void queryClient.invalidateQueries()}>
          {t("confirm.newVersion")}
        </Button>
      )}
    </Stack>
  );
}
