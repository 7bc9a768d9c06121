import { Button, Card, Group, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { PlaceSelect, usePlaceOptions } from "../../components/pick";
import { ProblemAlert } from "../../components/states";

/** Going on duty at a place at which one is not yet. */
export function SignOn({ taken, onDone }: { taken: string[]; onDone: () => void }) {
  const { t } = useTranslation("officer");
  const free = usePlaceOptions("review").filter((option) => !taken.includes(option.value));
  const [chosen, setChosen] = useState<string | null>(null);
  const place = free.some((option) => option.value === chosen) ? chosen : null;
  const start = api.useMutation("post", "/api/v1/shifts");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!place) return;
    start.mutate(
      { body: { place_id: place } },
      {
        onSuccess: () => {
          setChosen(null);
          onDone();
        },
      },
    );
  };
  return (
    <Card withBorder padding="md" component="form" onSubmit={submit}>
      <Text fw={600}>{t(taken.length > 0 ? "shift.startAnother" : "shift.start")}</Text>
      <Text size="sm" mb="xs">
        {t("shift.startHint")}
      </Text>
      {start.error && <ProblemAlert problem={start.error} />}
      <Group align="flex-end">
        <PlaceSelect
          label={t("shift.place")}
          data={free}
          miw={320}
          placeholder={t("shift.choosePlace")}
          value={place}
          onChange={setChosen}
        />
        <Button type="submit" disabled={!place} loading={start.isPending}>
          {t("shift.begin")}
        </Button>
      </Group>
    </Card>
  );
}
