import {
  Alert,
  Button,
  CloseButton,
  Group,
  Progress,
  SegmentedControl,
  Slider,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { type Area, AreaBox } from "../../components/AreaBox";
import { DateTimeInput } from "../../components/DateTimeInput";
import { Picture } from "../../components/Picture";
import { ProblemAlert } from "../../components/states";
import { said } from "../../i18n";
import { clock, day, duration, fromField, rfc3339, toField } from "../../i18n/time";
import classes from "./playback.module.css";
import { searchMovement } from "./searchMovement";
import type { Span } from "./tracks";

type MovedLine = Schemas["MovedLine"];
type Moment = Extract<MovedLine, { type: "moment" }>;

interface Props {
  camera: string;
  view: Span;
  at: number;
  onSeek: (at: number) => void;
  onClose: () => void;
}

interface Search {
  running: boolean;
  done: number;
  moments: Moment[];
  gaps: number;
  looked?: number;
  error?: unknown;
  failed?: Extract<MovedLine, { type: "failed" }>;
}

/** Asks whether anything moved in a part of the picture, and lists when. */
export default function MovedPanel({ camera, view, at, onSeek, onClose }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  // The picture on which the box is drawn stays while the recording plays on.
  const [picture] = useState(() => rfc3339(Math.round(at)));
  const [area, setArea] = useState<Area>();
  const [sensitivity, setSensitivity] = useState(5);
  const [own, setOwn] = useState<{ from: string; to: string }>();
  const [search, setSearch] = useState<Search>();
  const cancel = useRef<AbortController>(null);
  const now = Date.now();
  const period = own ?? { from: toField(view.from), to: toField(Math.min(view.to, now)) };

  const start = async () => {
    if (!area) return;
    const controller = new AbortController();
    cancel.current = controller;
    let found: Search = { running: true, done: 0, moments: [], gaps: 0 };
    const tell = (change: Partial<Search>) => {
      found = { ...found, ...change };
      setSearch(found);
    };
    tell({});
    try {
      const answer = await searchMovement(
        camera,
        { from: fromField(period.from), to: fromField(period.to), area, sensitivity },
        controller.signal,
      );
      for await (const line of answer) {
        if (line.type === "progress") tell({ done: line.done });
        if (line.type === "moment") tell({ moments: [...found.moments, line] });
        if (line.type === "gap") tell({ gaps: found.gaps + 1 });
        if (line.type === "end") tell({ looked: line.looked, done: 1 });
        if (line.type === "failed") tell({ failed: line });
      }
    } catch (error) {
      if (!controller.signal.aborted) tell({ error });
    }
    tell({ running: false });
  };
  const field = (side: "from" | "to") => (
    <DateTimeInput
      size="xs"
      label={t(`common:time.${side}`)}
      valueFormat="HH:mm:ss DD/MM/YYYY"
      withSeconds
      value={period[side]}
      onChange={(value) => value && setOwn({ ...period, [side]: value })}
    />
  );
  const wrong = period.from >= period.to;
  return (
    <section className={classes.side} aria-label={t("moved.title")}>
      <div className={classes.sideContent}>
        <Group justify="space-between" mb={6}>
          <Title order={2} size="h4">
            {t("moved.title")}
          </Title>
          <CloseButton aria-label={t("common:do.close")} onClick={onClose} />
        </Group>
        <Stack gap="xs">
          <Text size="sm">{t("moved.how")}</Text>
          <div className={classes.previewPicture} style={{ position: "relative" }}>
            <Picture
              src={`/api/v1/cameras/${camera}/snapshot?at=${picture}&width=640`}
              alt=""
              style={{ width: "100%" }}
            />
            <AreaBox label={t("moved.box")} value={area} onChange={setArea} />
          </div>
          <SegmentedControl
            size="xs"
            aria-label={t("moved.period")}
            value={own ? "own" : "view"}
            onChange={(value) => setOwn(value === "own" ? period : undefined)}
            data={[
              { value: "view", label: t("moved.view") },
              { value: "own", label: t("moved.own") },
            ]}
          />
          {own && (
            <Group grow gap="xs">
              {field("from")}
              {field("to")}
            </Group>
          )}
          {wrong && (
            <Text size="sm" c="red.8">
              {t("common:time.order")}
            </Text>
          )}
          <div>
            <Text size="xs" fw={600}>
              {t("moved.sensitivity")}
            </Text>
            <Slider
              size="sm"
              my={6}
              min={1}
              max={10}
              thumbLabel={t("moved.sensitivity")}
              value={sensitivity}
              onChange={setSensitivity}
            />
            <Group justify="space-between">
              <Text size="xs">{t("moved.large")}</Text>
              <Text size="xs">{t("moved.slight")}</Text>
            </Group>
          </div>
          {search?.running ? (
            <>
              <Progress value={search.done * 100} aria-label={t("moved.progress")} animated />
              <Button variant="default" onClick={() => cancel.current?.abort()}>
                {t("common:do.cancel")}
              </Button>
            </>
          ) : (
            <Button disabled={!area || wrong} onClick={() => void start()}>
              {t("moved.start")}
            </Button>
          )}
          {search?.error !== undefined && <ProblemAlert problem={search.error} />}
          {search?.failed && <Alert color="red">{said(search.failed.why)}</Alert>}
          {search && search.error === undefined && (
            <Text size="sm" fw={600} role="status">
              {t("moved.found", { count: search.moments.length })}
              {search.gaps > 0 && `, ${t("moved.gaps", { count: search.gaps })}`}
            </Text>
          )}
          <div>
            {search?.moments.map((moment) => {
              const [from, to] = [Date.parse(moment.from), Date.parse(moment.to)];
              return (
                <button
                  key={moment.from}
                  type="button"
                  className={classes.found}
                  onClick={() => onSeek(from)}
                >
                  <Picture
                    src={`/api/v1/cameras/${camera}/snapshot?at=${rfc3339((from + to) / 2)}&width=160`}
                    alt=""
                    loading="lazy"
                  />
                  <span>
                    <strong>{clock(from)}</strong>
                    <br />
                    {day(from)}
                    <br />
                    {t("moved.for", { length: duration((to - from) / 1000) })}
                  </span>
                </button>
              );
            })}
          </div>
        </Stack>
      </div>
    </section>
  );
}
