import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
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
      username: (name) => (/^[\w.@-]+$/.test(name) ? null : t("people.usernameHint")),
      password: (word) => (word.length >= 10 ? null : t("common:session.tooShort")),
    },
  });
  const submit = form.onSubmit((all) =>
    add.mutate(
      { body: { ...all, display_name: all.display_name || null } },
      {
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
        <Group grow align="flex-start">
          <TextInput label={t("people.display")} data-autofocus {...form.getInputProps("display_name")} />
          <TextInput
            label={t("people.username")}
            description={t("people.usernameHint")}
            autoComplete="off"
            inputWrapperOrder={["label", "input", "description", "error"]}
            {...form.getInputProps("username")}
          />
        </Group>
        <PasswordInput
          label={t("people.password")}
          description={t("people.passwordHint")}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        <RolesField value={form.values.roles} onChange={(roles) => form.setFieldValue("roles", roles)} />
        <SaveTrouble error={add.error} />
        <Button type="submit" loading={add.isPending}>
          {t("people.add")}
        </Button>
      </Stack>
    </form>
  );
}
