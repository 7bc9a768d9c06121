import { Stack, Title } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { usePlaces } from "../../api/session";
import { PlaceSelect, placePath } from "../../components/pick";
import { Answer, NothingHere } from "../../components/states";
import { below, inOrder } from "../placeTree";
import { RuleTable } from "./RuleTable";

/** All rules, by place. */
export function RuleList() {
  const { t } = useTranslation(["operator", "common"]);
  const { place } = useSearch({ from: "/rules" });
  const navigate = useNavigate({ from: "/rules" });
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/rules");
  return (
    <Answer of={asked}>
      {({ items }) =>
        items.length === 0 ? (
          <NothingHere title={t("rules.none")} hint={t("rules.noneHint")} />
        ) : (
          <Stack>
            <PlaceSelect
              placeholder={t("common:place.all")}
              clearable
              w={320}
              value={place ?? null}
              onChange={(next) =>
                void navigate({ search: (old) => ({ ...old, place: next ?? undefined }), replace: true })
              }
            />
            {inOrder(places)
              .filter((at) => !place || below(places, at.place.id, place))
              .map((at) => {
                const rules = items.filter((rule) => rule.place_id === at.place.id);
                return (
                  rules.length > 0 && (
                    <section key={at.place.id} aria-label={at.place.name}>
                      <Title order={2} size="h5">
                        {placePath(places, at.place.id)}
                      </Title>
                      <RuleTable rules={rules} />
                    </section>
                  )
                );
              })}
          </Stack>
        )
      }
    </Answer>
  );
}
