import { ActionIcon, Alert, Badge, Button, Card, Group, Skeleton, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import {
  IconArrowDown,
  IconArrowUp,
  IconExternalLink,
  IconPencil,
  IconPlayerPlay,
  IconTrash,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { Later } from "../../components/Later";
import { Picture } from "../../components/Picture";
import { NothingHere, ProblemAlert } from "../../components/states";
import { clock, duration, moment, rfc3339 } from "../../i18n/time";
import classes from "./cases.module.css";
import { refreshCases } from "./refreshCases";
import { WriteNote } from "./WriteNote";

type CaseItem = Schemas["CaseItem"];

const HlsVideo = lazy(() => import("../../components/HlsVideo").then((file) => ({ default: file.HlsVideo })));

/** What was gathered, in its order. */
export function CaseItems({ caseId, items }: { caseId: string; items: CaseItem[] }) {
  const { t } = useTranslation("investigator");
  if (items.length === 0) return <NothingHere title={t("cases.empty")} hint={t("cases.emptyHint")} />;
  return (
    <Stack component="ol" gap="sm" className={classes.items}>
      {items.map((item, index) => (
        <li key={item.id}>
          <Item caseId={caseId} item={item} position={index} last={index === items.length - 1} />
        </li>
      ))}
    </Stack>
  );
}

interface Props {
  caseId: string;
  item: CaseItem;
  position: number;
  last: boolean;
}

function pictureOf({ kind, footage }: CaseItem): string | undefined {
  if (kind.type === "event") return `/api/v1/events/${kind.event_id}/snapshot?width=320`;
  if (!footage) return undefined;
  const at =
    kind.type === "picture" ? kind.at : rfc3339((Date.parse(footage.from) + Date.parse(footage.to)) / 2);
  return `/api/v1/cameras/${footage.camera_id}/snapshot?at=${at}&width=320`;
}

function Item({ caseId, item, position, last }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const [playing, setPlaying] = useState(false);
  const path = "/api/v1/cases/{case_id}/items/{case_item_id}";
  const params = { path: { case_id: caseId, case_item_id: item.id } };
  const change = api.useMutation("patch", path, { onSettled: refreshCases });
  const remove = api.useMutation("delete", path, { onSettled: refreshCases });
  const move = (to: number) => change.mutate({ params, body: { position: to } });
  const problem = change.error ?? remove.error;
  const { kind, footage } = item;
  const picture = pictureOf(item);
  const title = t(`cases.kind.${kind.type}`);
  const askToRemove = () =>
    modals.openConfirmModal({
      title: t("cases.removeItem"),
      children: <Text size="sm">{t("cases.removeItemHint")}</Text>,
      labels: { confirm: t("common:do.remove"), cancel: t("common:do.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => remove.mutate({ params }),
    });
  const button = (label: string, Icon: typeof IconPencil, deed: () => void, off = false) => (
    <ActionIcon variant="subtle" aria-label={label} title={label} disabled={off} onClick={deed}>
      <Icon size={18} />
    </ActionIcon>
  );
  const seconds = footage ? (Date.parse(footage.to) - Date.parse(footage.from)) / 1000 : 0;
  return (
    <Card withBorder padding="sm">
      <div className={classes.item} data-playing={playing || undefined} data-plain={!picture || undefined}>
        {footage && playing && kind.type !== "picture" ? (
          <Later fallback={<Skeleton h={180} />}>
            <HlsVideo
              camera={footage.camera_id}
              from={footage.from}
              to={footage.to}
              stream={footage.stream}
              label={`${title}, ${footage.camera_name}`}
              autoPlay
              muted
              controls
            />
          </Later>
        ) : (
          picture && <Picture className={classes.picture} src={picture} alt="" loading="lazy" />
        )}
        <Stack gap={4} style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Text fw={600}>
              {position + 1}. {title}
            </Text>
            {item.held && (
              <Badge size="sm" variant="outline" tt="none" title={t("cases.heldHint")}>
                {t("cases.held")}
              </Badge>
            )}
          </Group>
          {footage && (
            <Text size="sm">
              {footage.camera_name || t("common:state.unknown")} ·{" "}
              {kind.type === "picture"
                ? moment(kind.at)
                : `${moment(footage.from)} – ${clock(footage.to)} (${duration(seconds)})`}
            </Text>
          )}
          {kind.type === "note" && <Text style={{ whiteSpace: "pre-wrap" }}>{kind.text}</Text>}
          {item.note && (
            <Alert p="xs" color="gray">
              <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
                {item.note}
              </Text>
            </Alert>
          )}
          <Text size="xs">
            {t("cases.addedBy", { when: moment(item.added_at), name: item.added_by_name })}
          </Text>
          {problem && <ProblemAlert problem={problem} />}
          <Group gap={6}>
            {footage && kind.type !== "picture" && (
              <Button
                size="compact-sm"
                variant="light"
                leftSection={<IconPlayerPlay size={16} aria-hidden />}
                onClick={() => setPlaying(!playing)}
              >
                {playing ? t("common:do.close") : t("common:video.play")}
              </Button>
            )}
            {footage && (
              <Button
                size="compact-sm"
                variant="subtle"
                leftSection={<IconExternalLink size={16} aria-hidden />}
                renderRoot={(props) => (
                  <Link
                    {...props}
                    to="/playback"
                    search={{
                      cameras: [footage.camera_id],
                      at: kind.type === "picture" ? kind.at : footage.from,
                      span: 600,
                    }}
                  />
                )}
              >
                {t("cases.toPlayback")}
              </Button>
            )}
            {button(t("cases.editNote"), IconPencil, () =>
              modals.open({
                title: t("cases.editNote"),
                children: <WriteNote caseId={caseId} item={item} />,
              }),
            )}
            {button(t("cases.up"), IconArrowUp, () => move(position - 1), position === 0)}
            {button(t("cases.down"), IconArrowDown, () => move(position + 1), last)}
            {button(t("cases.removeItem"), IconTrash, askToRemove)}
          </Group>
        </Stack>
      </div>
    </Card>
  );
}
