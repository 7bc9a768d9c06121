import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { refuse } from "../fields";
import { Row } from "../Row";
import { SaveTrouble } from "../SaveTrouble";
import { RolesField } from "./RolesField";

/** An account to add. */
export function AddUser({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation(["operator", "common"]);
  const add = api.useMutation("post", "/api/v1/users");
  const form = useForm({
    initialValues: {
      username: "",
      display_name: "",
      password: "",
      roles: [] as Schemas["HeldRole"][],
    },
    validate: {
      username: (name) => (/^[\w.@-]+$/.test(name) ? null : t(name ? "people.usernameHint" : "bells.needed")),
      password: (word) => (word.length >= 10 ? null : t("common:session.tooShort")),
      roles: { place_id: (place?: string | null) => (place === undefined ? t("people.placeNeeded") : null) },
    },
  });
  const fields = {
    display_name: { label: t("people.display"), right: t("right.name") },
    username: { label: t("people.username"), right: t("people.usernameTaken") },
    password: { label: t("people.password"), right: t("common:session.tooShort") },
  };
  const submit = form.onSubmit((all) =>
    add.mutate(
      { body: { ...all, display_name: all.display_name || null } },
      {
        onError: refuse(form, fields),
        onSuccess: async () => {
          await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/users"] });
          onDone();
        },
      },
    ),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Row>
          <TextInput
            label={fields.display_name.label}
            data-autofocus
            {...form.getInputProps("display_name")}
          />
          <TextInput
            label={fields.username.label}
            description={form.errors.username ? undefined : t("people.usernameHint")}
            autoComplete="off"
            inputWrapperOrder={["label", "input", "description", "error"]}
            {...form.getInputProps("username")}
          />
        </Row>
        <PasswordInput
          label={fields.password.label}
          description={t("people.passwordHint")}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        <RolesField
          value={form.values.roles}
          onChange={(roles) => form.setFieldValue("roles", roles)}
          errorOf={(at) => form.errors[`roles.${at}.place_id`]}
        />
        <SaveTrouble error={add.error} fields={fields} />
        <Button type="submit" loading={add.isPending}>
          {t("people.add")}
        </Button>
      </Stack>
    </form>
  );
}
