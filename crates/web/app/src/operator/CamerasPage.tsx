import { Group, Select, Table, Text, TextInput } from "@mantine/core";
import { IconPlus, IconSearch, IconTableImport } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay, usePlaces } from "../api/session";
import { Page } from "../components/Page";
import { PlaceSelect, placePath, plain, useCameras } from "../components/pick";
import { Answer, NothingHere } from "../components/states";
import { said } from "../i18n";
import { moment } from "../i18n/time";
import { mainStream, type Standing, standing, useCameraStates } from "./cameraStates";
import { useStreamFigures } from "./figures";
import { LinkAnchor, LinkButton } from "./links";
import classes from "./operator.module.css";
import { below } from "./placeTree";
import { StateBadge } from "./StateBadge";
import { Thumb } from "./Thumb";
import { BAD_TEXT } from "./tones";

/** All cameras, as they are now. */
export function CamerasPage() {
  const { t } = useTranslation(["operator", "common"]);
  const may = useMay();
  const cameras = useCameras();
  return (
    <Page
      title={t("cameras.title")}
      hint={t("cameras.hint")}
      needs="view"
      actions={
        may("manage_cameras") && (
          <>
            <LinkButton
              to="/cameras/import"
              variant="default"
              leftSection={<IconTableImport size={18} aria-hidden />}
            >
              {t("cameras.addMany")}
            </LinkButton>
            <LinkButton to="/cameras/add" leftSection={<IconPlus size={18} aria-hidden />}>
              {t("cameras.add")}
            </LinkButton>
          </>
        )
      }
    >
      <Answer of={cameras}>
        {(data) =>
          data.items.length === 0 ? (
            <NothingHere title={t("cameras.none")} hint={t("cameras.noneHint")} />
          ) : (
            <List />
          )
        }
      </Answer>
    </Page>
  );
}

function List() {
  const { t } = useTranslation(["operator", "common"]);
  const search = useSearch({ from: "/cameras" });
  const navigate = useNavigate({ from: "/cameras" });
  const places = usePlaces();
  const may = useMay();
  const figures = useStreamFigures();
  const { data } = useCameras();
  const states = useCameraStates();
  const filter = (change: typeof search) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const wanted = plain(search.q ?? "");
  const shown = (data?.items ?? []).filter((camera) => {
    const path = placePath(places, camera.place_id);
    return (
      plain(`${camera.name} ${path} ${camera.main_url}`).includes(wanted) &&
      (!search.place || below(places, camera.place_id, search.place)) &&
      (!search.state || standing(camera, states.byId.get(camera.id)) === search.state)
    );
  });
  return (
    <>
      <Group align="flex-end">
        <TextInput
          label={t("cameras.search")}
          placeholder={t("cameras.searchHint")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search.q ?? ""}
          onChange={(event) => filter({ q: event.currentTarget.value || undefined })}
          w={280}
        />
        <PlaceSelect
          placeholder={t("common:place.all")}
          clearable
          value={search.place ?? null}
          onChange={(place) => filter({ place: place ?? undefined })}
          w={300}
        />
        <Select
          label={t("cameras.state")}
          placeholder={t("cameras.anyState")}
          clearable
          data={(["online", "offline", "off"] as const).map((value) => ({
            value,
            label: t(`common:state.${value}`),
          }))}
          value={search.state ?? null}
          onChange={(state) => filter({ state: (state as Standing) ?? undefined })}
          w={190}
        />
        <Text size="sm" c="dimmed" pb={8} role="status">
          {t("cameras.count", { count: shown.length })}
        </Text>
      </Group>
      {shown.length === 0 ? (
        <NothingHere title={t("cameras.noMatch")} hint={t("cameras.noMatchHint")} />
      ) : (
        <Table.ScrollContainer minWidth={860}>
          <Table highlightOnHover verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("cameras.picture")}</Table.Th>
                <Table.Th>{t("cameras.name")}</Table.Th>
                <Table.Th>{t("cameras.state")}</Table.Th>
                <Table.Th>{t("cameras.frameRate")}</Table.Th>
                <Table.Th>{t("cameras.bitRate")}</Table.Th>
                <Table.Th>{t("cameras.size")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((camera) => {
                const state = states.byId.get(camera.id);
                const main = mainStream(state);
                const how = standing(camera, state);
                const seen = how === "online" && may("watch", camera.place_id);
                return (
                  <Table.Tr key={camera.id}>
                    <Table.Td>
                      <Thumb
                        src={seen ? `/api/v1/cameras/${camera.id}/snapshot?width=224` : null}
                        alt={t("cameras.pictureOf", { name: camera.name })}
                      />
                    </Table.Td>
                    <Table.Td>
                      <LinkAnchor to="/cameras/$cameraId" params={{ cameraId: camera.id }} fw={600}>
                        {camera.name}
                      </LinkAnchor>
                      <Text size="sm" c="dimmed">
                        {placePath(places, camera.place_id)}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <StateBadge standing={how} />
                      {main && how !== "off" && (
                        <Text size="sm" c="dimmed">
                          {t("cameras.since", { when: moment(main.since) })}
                        </Text>
                      )}
                      {how === "offline" && main?.trouble && (
                        <Text size="sm" c={BAD_TEXT}>
                          {said(main.trouble.message)}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td className={classes.figure}>
                      {main?.online && main.frame_rate ? figures.fps(main.frame_rate) : "–"}
                    </Table.Td>
                    <Table.Td className={classes.figure}>
                      {main?.online && main.bit_rate ? figures.bitRate(main.bit_rate) : "–"}
                    </Table.Td>
                    <Table.Td className={classes.figure}>
                      {main?.width ? `${main.width} × ${main.height} ${main.codec?.toUpperCase()}` : "–"}
                      <Text size="sm" c="dimmed">
                        {!camera.analysed ? t("cameras.notAnalysed") : !camera.sub_url && t("cameras.noSub")}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </>
  );
}
