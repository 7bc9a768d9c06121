import { Alert, Button, Checkbox, Group, Loader, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queryClient, type Schemas } from "../api/client";
import { PlaceSelect } from "../components/pick";
import { ProblemAlert } from "../components/states";
import { DialogButton } from "./DialogButton";
import { ImportRows } from "./ImportRows";
import { csv } from "./table";
import { uploadTable } from "./uploadTable";

interface Props {
  channels: Schemas["FoundChannel"][];
  /** The recorder's: each channel has the same. */
  account: { username: string; password: string };
  /** Where the first channel's camera is to be, if that was said already. */
  place: string;
}

/** Tells that a device is a recorder, and adds the cameras of its further channels all at once. */
export function RecorderChannels(props: Props) {
  const { t } = useTranslation("operator");
  if (props.channels.length === 0) return null;
  return (
    <Alert
      color="cyan.9"
      variant="outline"
      mt="sm"
      title={t("recorder.found", { count: props.channels.length })}
    >
      <Stack gap="sm" align="flex-start">
        {t("recorder.hint")}
        <DialogButton label={t("recorder.add")} title={t("recorder.title")} width="xl" variant="default">
          <Channels {...props} />
        </DialogButton>
      </Stack>
    </Alert>
  );
}

function Channels({ channels, account, place }: Props) {
  const { t } = useTranslation("operator");
  const [at, setAt] = useState<string | null>(place || null);
  const [missing, setMissing] = useState(false);
  const [names, setNames] = useState<Record<number, string>>(() =>
    Object.fromEntries(channels.map(({ number }) => [number, t("recorder.channel", { number })])),
  );
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const chosen = channels.filter(({ number }) => !left.has(number));
  const add = useMutation({
    mutationFn: (at: string) => {
      const heading = ["name", "place", "main", "sub", "username", "password"];
      const rows = chosen.map(({ number, main_url, sub_url }) => [
        names[number] ?? "",
        at,
        main_url,
        sub_url ?? "",
        account.username,
        account.password,
      ]);
      const file = new File([csv([heading, ...rows])], "channels.csv", { type: "text/csv" });
      return uploadTable(file, { dry_run: false, probe: true });
    },
    onSuccess: ({ rows }) => {
      // What was added need not be added again; what had a problem can be.
      const added = chosen.filter((_, row) => rows[row]?.camera_id);
      setLeft(new Set([...left, ...added.map(({ number }) => number)]));
      return queryClient.invalidateQueries();
    },
  });
  const choose = (number: number, wanted: boolean) => {
    const next = new Set(left);
    if (wanted) next.delete(number);
    else next.add(number);
    setLeft(next);
  };
  return (
    <Stack>
      <PlaceSelect
        action="manage_cameras"
        value={at}
        onChange={setAt}
        error={missing && !at && t("add.placeNeeded")}
      />
      {channels.map(({ number }) => (
        <Group key={number} wrap="nowrap">
          <Checkbox
            w={110}
            label={t("recorder.channel", { number })}
            checked={!left.has(number)}
            onChange={(event) => choose(number, event.currentTarget.checked)}
          />
          <TextInput
            flex={1}
            aria-label={t("recorder.name", { number })}
            disabled={left.has(number)}
            value={names[number] ?? ""}
            onChange={(event) => setNames({ ...names, [number]: event.currentTarget.value })}
          />
        </Group>
      ))}
      {chosen.length === 0 && <Text size="sm">{t("recorder.none")}</Text>}
      <Button
        disabled={chosen.length === 0}
        loading={add.isPending}
        onClick={() => {
          setMissing(!at);
          if (at) add.mutate(at);
        }}
      >
        {t("recorder.submit", { count: chosen.length })}
      </Button>
      {add.isPending && (
        <Group role="status">
          <Loader size="sm" />
          <Text>{t("recorder.trying")}</Text>
        </Group>
      )}
      {add.error && <ProblemAlert problem={add.error} />}
      {add.data && <ImportRows answer={add.data} numbered={false} />}
    </Stack>
  );
}
