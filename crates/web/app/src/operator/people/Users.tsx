import { Badge, Button, Modal, Stack, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { usePlaces } from "../../api/session";
import { placePath } from "../../components/pick";
import { Answer } from "../../components/states";
import { LinkAnchor } from "../links";
import { GOOD, OFF } from "../tones";
import { AddUser } from "./AddUser";
import { EditUser } from "./EditUser";

/** Accounts, with their roles. */
export function Users() {
  const { t } = useTranslation(["operator", "common"]);
  const { user: chosen } = useSearch({ from: "/people" });
  const navigate = useNavigate({ from: "/people" });
  const asked = api.useQuery("get", "/api/v1/users");
  const places = usePlaces();
  const show = (user: string | undefined) => void navigate({ search: (old) => ({ ...old, user }) });
  const role = (held: Schemas["HeldRole"]) =>
    `${t(`common:role.${held.role}`)}: ${held.place_id ? placePath(places, held.place_id) : t("common:place.everywhere")}`;
  return (
    <Answer of={asked}>
      {({ items }) => {
        const user = items.find((one) => one.id === chosen);
        return (
          <Stack>
            <Button
              w="fit-content"
              leftSection={<IconPlus size={18} aria-hidden />}
              onClick={() => show("new")}
            >
              {t("people.add")}
            </Button>
            <Table.ScrollContainer minWidth={640}>
              <Table verticalSpacing="xs" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("people.display")}</Table.Th>
                    <Table.Th>{t("people.username")}</Table.Th>
                    <Table.Th>{t("people.roles")}</Table.Th>
                    <Table.Th>{t("people.state")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((one) => (
                    <Table.Tr key={one.id}>
                      <Table.Td>
                        <LinkAnchor to="/people" search={{ user: one.id }} fw={600}>
                          {one.display_name}
                        </LinkAnchor>
                      </Table.Td>
                      <Table.Td>{one.username}</Table.Td>
                      <Table.Td>
                        {one.roles.length === 0
                          ? t("people.noRoles")
                          : one.roles.map((held) => (
                              <Text key={`${held.role} ${held.place_id}`} size="sm">
                                {role(held)}
                              </Text>
                            ))}
                      </Table.Td>
                      <Table.Td>
                        <Badge color={one.disabled ? OFF : GOOD} tt="none">
                          {t(one.disabled ? "people.disabled" : "people.active")}
                        </Badge>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
            <Modal
              opened={chosen === "new"}
              onClose={() => show(undefined)}
              title={t("people.add")}
              size="lg"
              closeButtonProps={{ "aria-label": t("common:do.close") }}
            >
              <AddUser onDone={() => show(undefined)} />
            </Modal>
            <Modal
              opened={Boolean(user)}
              onClose={() => show(undefined)}
              title={t("people.edit", { name: user?.display_name ?? "" })}
              size="lg"
              closeButtonProps={{ "aria-label": t("common:do.close") }}
            >
              {user && <EditUser key={user.id} user={user} onDone={() => show(undefined)} />}
            </Modal>
          </Stack>
        );
      }}
    </Answer>
  );
}
