import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { usePlaces } from "../../api/session";
import { PlaceSelect } from "../../components/pick";
import { useCloseDialog } from "../DialogButton";
import { SaveTrouble } from "../SaveTrouble";
import { KIND_BELOW, KindSelect } from "./KindSelect";

/** A place to add below another. */
export function AddPlace({ parent, onAdded }: { parent: string | null; onAdded: (place: string) => void }) {
  const { t } = useTranslation(["operator", "common"]);
  const close = useCloseDialog();
  const places = usePlaces();
  const above = parent ? places.get(parent) : undefined;
  const add = api.useMutation("post", "/api/v1/places");
  const form = useForm({
    initialValues: {
      name: "",
      kind: (above ? KIND_BELOW[above.kind] : "province") as Schemas["PlaceKind"],
      parent_id: parent,
    },
    validate: { name: (name) => (name.trim() ? null : t("places.nameNeeded")) },
  });
  const submit = form.onSubmit((body) =>
    add.mutate(
      { body },
      {
        onSuccess: async (place) => {
          await queryClient.invalidateQueries();
          close();
          onAdded(place.id);
        },
      },
    ),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={t("places.name")} data-autofocus {...form.getInputProps("name")} />
        <KindSelect {...form.getInputProps("kind")} />
        <PlaceSelect
          label={t("places.parent")}
          placeholder={t("places.top")}
          action="manage_places"
          clearable
          {...form.getInputProps("parent_id")}
        />
        <SaveTrouble error={add.error} />
        <Button type="submit" loading={add.isPending}>
          {t("common:do.add")}
        </Button>
      </Stack>
    </form>
  );
}
