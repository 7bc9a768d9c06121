import { MultiSelect, type MultiSelectProps, Select, type SelectProps } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { type Action, useMay, usePlaces } from "../api/session";
import { byName } from "../i18n/order";

/** Names of a place and those above it, the largest first. */
export function placePath(places: Map<string, Schemas["Place"]>, id: string | null | undefined): string {
  const names: string[] = [];
  for (let at = id ? places.get(id) : undefined; at; at = at.parent_id ? places.get(at.parent_id) : undefined)
    names.unshift(at.name);
  return names.join(" › ");
}

/** Everybody types without diacritics: "dong" finds "Thôn Đông". */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
}

const filter: SelectProps["filter"] = ({ options, search }) => {
  const wanted = plain(search.trim());
  return options.filter((option) => "label" in option && plain(option.label).includes(wanted));
};

/** Places at which an action is allowed, as options in the order of the tree. */
export function usePlaceOptions(action: Action): { value: string; label: string }[] {
  const places = usePlaces();
  const may = useMay();
  return useMemo(
    () =>
      [...places.values()]
        .filter((place) => !place.merged_into && may(action, place.id))
        .map((place) => ({ value: place.id, label: placePath(places, place.id) }))
        .sort((a, b) => byName(a.label, b.label)),
    [places, may, action],
  );
}

export function PlaceSelect({ action = "view", ...props }: SelectProps & { action?: Action }) {
  const { t } = useTranslation();
  return (
    <Select label={t("place.label")} data={usePlaceOptions(action)} searchable filter={filter} {...props} />
  );
}

/** All cameras that the caller may see. */
export function useCameras() {
  return api.useQuery("get", "/api/v1/cameras", {}, { staleTime: 60_000 });
}

/** A camera by its id, where it may be seen. */
export function useCameraById(): Map<string, Schemas["Camera"]> {
  const { data } = useCameras();
  return useMemo(() => new Map(data?.items.map((camera) => [camera.id, camera])), [data]);
}

function useCameraOptions(action: Action) {
  const { data } = useCameras();
  const may = useMay();
  return (data?.items ?? [])
    .filter((camera) => may(action, camera.place_id))
    .map((camera) => ({ value: camera.id, label: camera.name }));
}

export function CameraSelect({ action = "view", ...props }: SelectProps & { action?: Action }) {
  const { t } = useTranslation();
  return (
    <Select
      label={t("camera.label")}
      placeholder={t("camera.pick")}
      data={useCameraOptions(action)}
      searchable
      filter={filter}
      {...props}
    />
  );
}

export function CameraMultiSelect({ action = "view", ...props }: MultiSelectProps & { action?: Action }) {
  const { t } = useTranslation();
  return (
    <MultiSelect
      label={t("camera.label")}
      placeholder={t("camera.all")}
      data={useCameraOptions(action)}
      searchable
      clearable
      filter={filter}
      {...props}
    />
  );
}
