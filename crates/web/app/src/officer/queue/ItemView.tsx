import { ActionIcon, Badge, Button, Group, Kbd, Stack, Text, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  IconArrowLeft,
  IconBroadcast,
  IconChevronLeft,
  IconChevronRight,
  IconPlayerPause,
  IconPlayerPlay,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { Later } from "../../components/Later";
import { useCameraById } from "../../components/pick";
import { useKeys } from "../../components/useKeys";
import { said } from "../../i18n";
import { clock } from "../../i18n/time";
import { Ago } from "../Ago";
import { CameraStrip } from "./CameraStrip";
import { clips, views } from "./clips";
import { ItemActions } from "./ItemActions";
import { ItemFacts } from "./ItemFacts";
import type { Item } from "./order";
import classes from "./queue.module.css";
import type { QueueSearch } from "./search";
import type { Step } from "./steps";
import { detailOptions } from "./useQueue";
import type { Choice } from "./useSteps";

/** The player is fetched beside the page, not before it. */
const Prepared = lazy(async () => ({ default: (await import("./Prepared")).Prepared }));

const TINT = { notice: "gray", alert: "#b54708", alarm: "red.9" } as const;

interface Props {
  item: Item;
  /** The items that come up next: their pictures are made ready. */
  next: Item[];
  search: QueueSearch;
  onGo: (by: 1 | -1) => void;
  onStep: (step: Step, choice?: Choice) => void;
  onDecide: (step: Step, choice?: Choice) => void;
  onUndo: () => void;
}

/** One item: its clip, why it was flagged, and what to do about it. */
export function ItemView({ item, next, search, onGo, ...act }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const may = useMay();
  const navigate = useNavigate();
  const cameras = useCameraById();
  // On a phone the item is the whole page.
  const wide = useMediaQuery("(min-width: 62em)", window.innerWidth >= 992);
  const { data: detail } = useQuery(detailOptions(item.id));
  const [shown, setShown] = useState({ item: item.id, part: 0, view: 0, playing: true });
  // Another item begins with its own camera and its first part.
  const { part, view, playing } = shown.item === item.id ? shown : { part: 0, view: 0, playing: true };
  const show = (change: Partial<typeof shown>) => setShown({ part, view, playing, ...change, item: item.id });

  const parts = useMemo(() => clips(detail?.fired ?? []), [detail?.fired]);
  const clip = parts[part];
  const around = useMemo(() => views(clip, cameras), [clip, cameras]);
  const camera = cameras.get(around[view]?.camera ?? "");
  const why = [...new Set((clip?.fired ?? []).map((one) => said(one.why)))];
  const goPart = (by: number) => {
    if (parts[part + by]) show({ part: part + by, view: 0 });
  };
  const watch =
    camera && may("watch", camera.place_id)
      ? () => void navigate({ to: "/live", search: { layout: 1, cameras: camera.id } })
      : undefined;
  const next1 = () => onGo(1);
  const previous = () => onGo(-1);
  useKeys({
    j: next1,
    ArrowRight: next1,
    k: previous,
    ArrowLeft: previous,
    " ": () => show({ playing: !playing }),
    "[": () => goPart(-1),
    "]": () => goPart(1),
    v: watch,
  });

  return (
    <Stack gap="sm" className={classes.inner}>
      <Button
        onClick={() => void navigate({ to: "/queue", search: { ...search, item: undefined } })}
        hiddenFrom="md"
        variant="subtle"
        size="compact-md"
        w="fit-content"
        leftSection={<IconArrowLeft size={18} aria-hidden />}
      >
        {t("queue.back")}
      </Button>
      <div>
        <Group gap="xs" mb={4}>
          <Badge color={TINT[item.severity]} variant="filled">
            {t(`common:severity.${item.severity}`)}
          </Badge>
          <Badge variant="default">
            {t(`state.${item.state}`)}
            {item.officer && `: ${item.officer.username}`}
          </Badge>
          <Text size="sm" c="dimmed">
            {clock(item.first_at)} · <Ago when={item.first_at} />
          </Text>
        </Group>
        <Title order={wide ? 2 : 1} size="h3">
          {why[0] ?? said(item.why)}
        </Title>
        {why.slice(1, 4).map((sentence) => (
          <Text key={sentence} size="sm">
            {sentence}
          </Text>
        ))}
      </div>
      <div className={classes.stage}>
        <Later fallback={<div className={classes.blank} />}>
          {[item, ...next].map((one) => (
            <Prepared
              key={one.id}
              item={one}
              active={one.id === item.id}
              part={one.id === item.id ? part : 0}
              view={one.id === item.id ? view : 0}
              playing={playing}
            />
          ))}
        </Later>
        <Group gap={6} wrap="nowrap" className={classes.controls}>
          {parts.length > 1 && (
            <>
              <ActionIcon
                variant="filled"
                color="dark"
                aria-label={t("item.partPrevious")}
                aria-keyshortcuts="["
                disabled={part === 0}
                onClick={() => goPart(-1)}
              >
                <IconChevronLeft size={18} aria-hidden />
              </ActionIcon>
              <Text size="sm" className={classes.onVideo}>
                {t("item.part", { part: part + 1, all: parts.length })}
              </Text>
              <ActionIcon
                variant="filled"
                color="dark"
                aria-label={t("item.partNext")}
                aria-keyshortcuts="]"
                disabled={part + 1 >= parts.length}
                onClick={() => goPart(1)}
              >
                <IconChevronRight size={18} aria-hidden />
              </ActionIcon>
            </>
          )}
          {around.length > 0 && (
            <ActionIcon
              variant="filled"
              color="dark"
              aria-label={playing ? t("common:video.pause") : t("common:video.play")}
              aria-keyshortcuts="Space"
              onClick={() => show({ playing: !playing })}
            >
              {playing ? <IconPlayerPause size={18} aria-hidden /> : <IconPlayerPlay size={18} aria-hidden />}
            </ActionIcon>
          )}
          {watch && (
            <Button
              size="compact-md"
              variant="filled"
              color="dark"
              aria-keyshortcuts="V"
              rightSection={
                <Kbd size="xs" visibleFrom="sm" aria-hidden>
                  V
                </Kbd>
              }
              onClick={watch}
            >
              <IconBroadcast size={18} aria-hidden />
              <Text span size="sm" ml={6} className={classes.wideText}>
                {t("item.live")}
              </Text>
            </Button>
          )}
        </Group>
      </div>
      <CameraStrip around={around} view={view} onView={(to) => show({ view: to })} />
      <ItemActions key={item.id} item={item} {...act} />
      <ItemFacts item={item} around={around} />
    </Stack>
  );
}
