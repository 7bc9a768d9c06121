import { Alert, Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { useMay, usePlaces } from "../../api/session";
import { PlaceSelect, usePlaceOptions } from "../../components/pick";
import { DialogButton } from "../DialogButton";
import { refuse } from "../fields";
import { PositionField } from "../PositionField";
import { below } from "../placeTree";
import { RemoveButton } from "../RemoveButton";
import { SaveTrouble } from "../SaveTrouble";
import { useEdit } from "../useEdit";
import { AddPlace } from "./AddPlace";
import { KindSelect } from "./KindSelect";
import { MergePlace } from "./MergePlace";

interface Props {
  place: Schemas["Place"];
  /** Another place is to be shown. */
  onGone: (instead: string | undefined) => void;
}

const valuesOf = (place: Schemas["Place"]) => ({
  name: place.name,
  kind: place.kind,
  parent_id: place.parent_id ?? null,
  point: place.point ?? null,
});

/** A place: its name, where it belongs and lies, and what can become of it. */
export function PlaceDetails({ place, onGone }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const may = useMay();
  const places = usePlaces();
  const change = api.useMutation("patch", "/api/v1/places/{place_id}");
  const remove = api.useMutation("delete", "/api/v1/places/{place_id}");
  const parents = usePlaceOptions("manage_places").filter(({ value }) => !below(places, value, place.id));
  const form = useForm({
    initialValues: valuesOf(place),
    validate: { name: (name) => (name.trim() ? null : t("places.nameNeeded")) },
  });
  const fields = {
    name: { label: t("places.name"), right: t("right.name"), value: String },
    kind: { label: t("places.kind"), value: (kind: Schemas["PlaceKind"]) => t(`common:placeKind.${kind}`) },
    parent_id: { label: t("places.parent") },
    point: { label: t("position.label") },
  };
  const { edit, fill } = useEdit(form, place, valuesOf, fields);
  if (!may("manage_places", place.id)) return <Alert color="gray">{t("places.mayNot")}</Alert>;
  const path = { place_id: place.id };
  const moved = form.values.parent_id !== (place.parent_id ?? null);
  const save = form.onSubmit((all) =>
    change.mutate(
      {
        params: { path },
        body: {
          version: edit.version,
          name: all.name.trim(),
          kind: all.kind,
          point: all.point,
          ...(moved && { parent_id: all.parent_id }),
        },
      },
      {
        onError: refuse(form, fields),
        onSuccess: async (stored) => {
          fill(stored);
          notifications.show({ message: t("common:state.saved"), color: "green" });
          await queryClient.invalidateQueries();
        },
      },
    ),
  );
  const absorbed = [...places.values()].filter((one) => one.merged_into === place.id);
  return (
    <Stack>
      <Paper withBorder p="md" component="section" aria-labelledby="place">
        <form onSubmit={save} noValidate>
          <Stack gap="sm">
            <Title order={2} size="h4" id="place">
              {place.name}
            </Title>
            {place.former_names.length > 0 && (
              <Text size="sm">
                {t("places.former", { names: place.former_names.join(", ") })}. {t("places.formerHint")}
              </Text>
            )}
            {absorbed.length > 0 && (
              <Text size="sm">
                {t("places.mergedAway", { names: absorbed.map((one) => one.name).join(", ") })}
              </Text>
            )}
            <Group grow align="flex-start">
              <TextInput label={fields.name.label} {...form.getInputProps("name")} />
              <KindSelect {...form.getInputProps("kind")} />
            </Group>
            <PlaceSelect
              label={fields.parent_id.label}
              placeholder={t("places.top")}
              data={parents}
              clearable={may("manage_places") && place.parent_id === null}
              {...form.getInputProps("parent_id")}
            />
            <PositionField
              looks={false}
              height={260}
              value={{ point: form.values.point, bearing: null }}
              onChange={({ point }) => form.setFieldValue("point", point)}
            />
            <SaveTrouble error={change.error ?? remove.error} fields={fields} edit={edit} />
            <Group>
              <Button type="submit" loading={change.isPending} disabled={!form.isDirty()}>
                {t("places.save")}
              </Button>
              <DialogButton variant="default" label={t("places.addBelow")} title={t("places.addBelow")}>
                <AddPlace parent={place.id} onAdded={onGone} />
              </DialogButton>
              <RemoveButton
                name={place.name}
                consequence={t("places.removeWhat")}
                label={t("places.remove")}
                loading={remove.isPending}
                onRemove={() =>
                  remove.mutate(
                    { params: { path, query: { version: edit.version } } },
                    {
                      onSuccess: async () => {
                        notifications.show({ message: t("common:state.removed") });
                        onGone(place.parent_id ?? undefined);
                        await queryClient.invalidateQueries();
                      },
                    },
                  )
                }
              />
            </Group>
          </Stack>
        </form>
      </Paper>
      <MergePlace place={place} onMerged={onGone} />
    </Stack>
  );
}
