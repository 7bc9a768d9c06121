import { Alert, Badge, Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconDownload, IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { useMay, usePlaces } from "../../api/session";
import { Boxes } from "../../components/Boxes";
import { HlsVideo, type Player } from "../../components/HlsVideo";
import { placePath, useCameraById } from "../../components/pick";
import { Answer } from "../../components/states";
import { said } from "../../i18n";
import { clock, duration, moment } from "../../i18n/time";
import { AddToCase } from "../cases/AddToCase";
import classes from "./search.module.css";

/** One result: its clip, what is known of it, and what can be done with it. */
export default function EventDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation(["investigator", "common"]);
  const phone = useMediaQuery("(max-width: 48em)");
  const event = api.useQuery("get", "/api/v1/events/{event_id}", { params: { path: { event_id: id } } });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={phone ? "100%" : 600}
      title={t("search.result")}
      closeButtonProps={{ "aria-label": t("common:do.close") }}
    >
      <Answer of={event}>{(found) => <EventFacts event={found} />}</Answer>
    </Drawer>
  );
}

function EventFacts({ event }: { event: Schemas["EventDetail"] }) {
  const { t } = useTranslation(["investigator", "common"]);
  const may = useMay();
  const places = usePlaces();
  const camera = useCameraById().get(event.camera_id);
  const player = useRef<Player>(null);
  const now = useCallback(() => player.current?.now() ?? null, []);
  const paths = useMemo(() => [{ id: event.id, path: event.path }], [event]);
  const seconds = (Date.parse(event.last_seen) - Date.parse(event.first_seen)) / 1000;
  const name = camera?.name ?? t("common:state.unknown");
  const kind = t(`common:class.${event.class}`);
  return (
    <Stack>
      <div style={{ position: "relative" }}>
        <HlsVideo
          ref={player}
          camera={event.camera_id}
          from={event.footage.from}
          to={event.footage.to}
          stream={event.footage.stream}
          label={`${kind}, ${name}, ${clock(event.first_seen)}`}
          autoPlay
          muted
          loop
          controls
        />
        <Boxes paths={paths} now={now} />
      </div>
      <Group gap="xs">
        <Button
          leftSection={<IconPlayerPlay size={18} aria-hidden />}
          renderRoot={(props) => (
            <Link
              {...props}
              to="/playback"
              search={{ cameras: [event.camera_id], at: event.first_seen, span: 600 }}
            />
          )}
        >
          {t("search.toPlayback")}
        </Button>
        {may("export", event.place_id) && (
          <>
            <Button
              variant="default"
              leftSection={<IconDownload size={18} aria-hidden />}
              component="a"
              href={`/api/v1/events/${event.id}/clip`}
              download
            >
              {t("search.downloadClip")}
            </Button>
            <AddToCase
              label={t("cases.add")}
              content={() => ({ type: "event", event_id: event.id })}
              place={event.place_id}
            />
          </>
        )}
      </Group>
      <dl className={classes.facts}>
        <dt>{t("search.fact.what")}</dt>
        <dd>
          {kind} ({Math.round(event.score * 100)} %)
          {event.ongoing && (
            <Badge ml="xs" size="sm">
              {t("search.ongoing")}
            </Badge>
          )}
        </dd>
        <dt>{t("common:camera.label")}</dt>
        <dd>{name}</dd>
        <dt>{t("common:place.label")}</dt>
        <dd>{placePath(places, event.place_id)}</dd>
        <dt>{t("search.fact.first")}</dt>
        <dd>{moment(event.first_seen)}</dd>
        <dt>{t("search.fact.last")}</dt>
        <dd>{moment(event.last_seen)}</dd>
        <dt>{t("search.fact.length")}</dt>
        <dd>{duration(seconds)}</dd>
        <dt>{t("search.fact.moved")}</dt>
        <dd>{event.stationary ? t("search.stood") : t("search.moved")}</dd>
      </dl>
      {event.flagged.map((flag) => (
        <Alert key={`${flag.item_id}${flag.at}`} color="orange" title={flag.rule_name}>
          <Text size="sm">
            {clock(flag.at)}: {said(flag.why)}
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}
