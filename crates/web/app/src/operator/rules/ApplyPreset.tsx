import { Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queryClient } from "../../api/client";
import { CameraMultiSelect, PlaceSelect } from "../../components/pick";
import { useCloseDialog } from "../DialogButton";
import { SaveTrouble } from "../SaveTrouble";

/** At which place a set of rules is to hold. */
export function ApplyPreset({ preset }: { preset: string }) {
  const { t } = useTranslation(["operator", "common"]);
  const close = useCloseDialog();
  const [place, setPlace] = useState<string | null>(null);
  const [cameras, setCameras] = useState<string[]>([]);
  const apply = api.useMutation("post", "/api/v1/rule-presets/{preset}/apply");
  return (
    <Stack>
      <Text size="sm">{t("rules.applyHint")}</Text>
      <PlaceSelect action="manage_rules" value={place} onChange={setPlace} data-autofocus />
      <CameraMultiSelect action="manage_rules" value={cameras} onChange={setCameras} />
      <SaveTrouble error={apply.error} />
      <Button
        disabled={!place}
        loading={apply.isPending}
        onClick={() =>
          place &&
          apply.mutate(
            { params: { path: { preset } }, body: { place_id: place, cameras } },
            {
              onSuccess: async ({ items }) => {
                close();
                notifications.show({
                  message: t("rules.applied", { count: items.length }),
                  color: "green",
                });
                await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/rules"] });
              },
            },
          )
        }
      >
        {t("common:do.add")}
      </Button>
    </Stack>
  );
}
