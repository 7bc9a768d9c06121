import { Group, MultiSelect, Title } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { useMay } from "../api/session";
import { Page } from "../components/Page";
import { plain, useCameras } from "../components/pick";
import { Answer, NothingHere } from "../components/states";
import { type Address, MOST_CAMERAS } from "./playback/address";
import { Player } from "./playback/Player";
import classes from "./playback/playback.module.css";

const route = getRouteApi("/playback");

/** Several cameras in one time. */
export function PlaybackPage() {
  const { t } = useTranslation(["investigator", "common"]);
  useEffect(() => {
    document.title = `${t("playback.title")} – ${t("common:app.name")}`;
  }, [t]);
  const cameras = useCameras();
  const may = useMay();
  if (!may("review"))
    return (
      <Page title={t("playback.title")} needs="review">
        {null}
      </Page>
    );
  return (
    <div className={classes.page}>
      <Answer of={cameras}>{(known) => <Choice cameras={known.items} />}</Answer>
    </div>
  );
}

function Choice({ cameras }: { cameras: Schemas["Camera"][] }) {
  const { t } = useTranslation(["investigator", "common"]);
  const address = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const chosen = (address.cameras ?? []).flatMap((id) => cameras.find((one) => one.id === id) ?? []);
  const change = useCallback(
    (changed: Partial<Address>) =>
      void navigate({ search: (before: Address) => ({ ...before, ...changed }), replace: true }),
    [navigate],
  );
  const head = (
    <>
      <Title order={1} size="h2">
        {t("playback.title")}
      </Title>
      <MultiSelect
        aria-label={t("playback.cameras")}
        placeholder={chosen.length === 0 ? t("playback.pick") : undefined}
        data={cameras
          .filter((camera) => may("review", camera.place_id))
          .map((camera) => ({ value: camera.id, label: camera.name }))}
        value={chosen.map((camera) => camera.id)}
        onChange={(ids) => change({ cameras: ids })}
        maxValues={MOST_CAMERAS}
        searchable
        hidePickedOptions
        filter={({ options, search }) =>
          options.filter((one) => "label" in one && plain(one.label).includes(plain(search)))
        }
        flex={1}
        miw={220}
      />
    </>
  );
  if (chosen.length === 0)
    return (
      <>
        <Group>{head}</Group>
        <NothingHere
          icon={<IconPlayerPlay size={44} stroke={1.2} aria-hidden />}
          title={t("playback.none")}
          hint={t("playback.noneHint", { count: MOST_CAMERAS })}
        />
      </>
    );
  return <Player head={head} cameras={chosen} address={address} change={change} />;
}
