import { Grid } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { usePlaces } from "../../api/session";
import { Page } from "../../components/Page";
import { Answer, NothingHere } from "../../components/states";
import { DialogButton } from "../DialogButton";
import { AddPlace } from "./AddPlace";
import { PlaceDetails } from "./PlaceDetails";
import { PlaceTree } from "./PlaceTree";

/** The tree of places, and the one that is chosen. */
export function PlacesPage() {
  const { t } = useTranslation("operator");
  const { place: chosen } = useSearch({ from: "/places" });
  const navigate = useNavigate({ from: "/places" });
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/places", {}, { staleTime: 60_000 });
  const choose = (place: string | undefined) => void navigate({ search: { place } });
  const place = chosen ? places.get(chosen) : undefined;
  return (
    <Page
      title={t("places.title")}
      hint={t("places.hint")}
      needs="manage_places"
      actions={
        <DialogButton
          leftSection={<IconPlus size={18} aria-hidden />}
          label={t("places.add")}
          title={t("places.add")}
        >
          <AddPlace parent={chosen ?? null} onAdded={choose} />
        </DialogButton>
      }
    >
      <Answer of={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <NothingHere title={t("places.none")} hint={t("places.noneHint")} />
          ) : (
            <Grid gap="lg">
              <Grid.Col span={{ base: 12, md: 5 }}>
                <PlaceTree chosen={chosen} onChoose={choose} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 7 }}>
                {place ? (
                  <PlaceDetails key={place.id} place={place} onGone={choose} />
                ) : (
                  <NothingHere title={t("places.choose")} hint={t("places.chooseHint")} />
                )}
              </Grid.Col>
            </Grid>
          )
        }
      </Answer>
    </Page>
  );
}
