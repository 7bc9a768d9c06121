import { Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { usePlaces } from "../../api/session";
import { useCameras } from "../../components/pick";
import { inOrder } from "../placeTree";
import classes from "./places.module.css";

interface Props {
  chosen: string | undefined;
  onChoose: (place: string) => void;
}

/** All places, each below the one that it belongs to. */
export function PlaceTree({ chosen, onChoose }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const places = usePlaces();
  const cameras = useCameras().data?.items ?? [];
  return (
    <nav aria-label={t("places.tree")}>
      {inOrder(places).map(({ place, depth }) => {
        const count = cameras.filter((camera) => camera.place_id === place.id).length;
        return (
          <UnstyledButton
            key={place.id}
            className={classes.place}
            style={{ paddingLeft: `${0.75 + depth * 1.5}rem` }}
            data-chosen={place.id === chosen}
            aria-current={place.id === chosen ? "true" : undefined}
            onClick={() => onChoose(place.id)}
          >
            <Text span fw={600}>
              {place.name}
            </Text>
            <Text span size="sm">
              {t(`common:placeKind.${place.kind}`)}
              {count > 0 && ` · ${t("places.cameraCount", { count })}`}
            </Text>
            {place.former_names.length > 0 && (
              <Text span size="xs">
                {t("places.former", { names: place.former_names.join(", ") })}
              </Text>
            )}
          </UnstyledButton>
        );
      })}
    </nav>
  );
}
