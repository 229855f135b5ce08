// Written by `npm run client:types` from the service's OpenAPI document.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Caller: {
            /**
             * @description Whether a caller without credentials may do anything.
             * @enum {string}
             */
            access: "open" | "closed";
            /** @description What one can sign in with. */
            accepts: ("keys" | "jwt")[];
            /** @description Who the credentials of this request belong to; null without any. */
            caller: {
                /** Format: uuid */
                tenant: string;
                name: string;
                scopes: string[];
            } | null;
        };
        ShownApiKey: {
            /**
             * @description The key’s id: its third part, as in oc_live_<id>_….
             * @example 0f3k2m9x1q7z
             */
            id: string;
            /** @enum {string} */
            mode: "live" | "test";
            scopes: string[];
            owner: string;
            createdBy: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it ends; null: never.
             */
            expiresAt: string | null;
            /**
             * Format: date-time
             * @description Since when it is revoked.
             */
            revokedAt: string | null;
            /**
             * Format: date-time
             * @description When it was used last, to the minute.
             */
            lastUsedAt: string | null;
            /** @description The key. It is shown this once. */
            key: string;
        };
        ApiKeyList: {
            items: components["schemas"]["ApiKey"][];
            /** @description Where the next page begins; null on the last. */
            nextCursor: string | null;
        };
        /** @description What is known of an API key. The key itself is not. */
        ApiKey: {
            /**
             * @description The key’s id: its third part, as in oc_live_<id>_….
             * @example 0f3k2m9x1q7z
             */
            id: string;
            /** @enum {string} */
            mode: "live" | "test";
            scopes: string[];
            owner: string;
            createdBy: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it ends; null: never.
             */
            expiresAt: string | null;
            /**
             * Format: date-time
             * @description Since when it is revoked.
             */
            revokedAt: string | null;
            /**
             * Format: date-time
             * @description When it was used last, to the minute.
             */
            lastUsedAt: string | null;
        };
        AuditEventList: {
            items: components["schemas"]["AuditEvent"][];
            /** @description Where the next page begins; null on the last. */
            nextCursor: string | null;
        };
        /** @description Who did what. It is never changed. */
        AuditEvent: {
            /** Format: uuid */
            id: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * @description Who, as their credentials prove.
             * @example key 0f3k2m9x1q7z
             */
            actor: string;
            /**
             * @description `key.created`: an API key was made. `key.rolled`: an API key was replaced by a new one. `key.revoked`: an API key was revoked, with the tokens that it had made. `key.tokens_revoked`: the tokens that an API key had made until then were revoked; the key goes on. `tenant.tokens_revoked`: all start and watch tokens that a tenant had until then were revoked. `operation.cancel_requested`: somebody asked for a cancellation; the operation’s history tells whether it came about. `operation.resolve_requested`: somebody stated how an operation has ended; its history tells whether it counted. `operation.watch_tokens_revoked`: somebody revoked the watch tokens that an operation had until then. `operation.inspected`: somebody saw an operation’s input and the provider’s answers. `provider_account.set`: an account at a payment provider got credentials. `provider_account.disabled`: an account at a payment provider takes no new charges. `webhook_secret.shown`: somebody was shown the secret of a webhook endpoint. `data.erased`: somebody had one person’s data erased, on the command line. `access.refused`: somebody tried one of these, or a refund, without the scope; or used an API key that has ended.
             * @enum {string}
             */
            action: "key.created" | "key.rolled" | "key.revoked" | "key.tokens_revoked" | "tenant.tokens_revoked" | "operation.cancel_requested" | "operation.resolve_requested" | "operation.watch_tokens_revoked" | "operation.inspected" | "provider_account.set" | "provider_account.disabled" | "webhook_secret.shown" | "data.erased" | "access.refused";
            /**
             * @description What it was done to.
             * @example key 0f3k2m9x1q7z
             */
            subject: string;
            /** @description Of the request, as in the log; null on the command line. */
            requestId: string | null;
            /** @description More, without secrets. */
            detail: {
                [key: string]: unknown;
            };
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "error";
            checks: {
                [key: string]: {
                    /** @enum {string} */
                    status: "ok" | "error";
                    message?: string;
                };
            };
        };
        WebhookEndpointWithSecret: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uri
             * @description https, on the default port, without credentials.
             */
            url: string;
            /** @description For people. */
            description: string;
            /** @description The types of events that are sent; null: all. */
            events: ("operation.started" | "operation.processing" | "operation.progressed" | "operation.retrying" | "operation.action_required" | "operation.reconciling" | "operation.succeeded" | "operation.failed" | "operation.canceled" | "operation.expired" | "operation.answered_late" | "operation.reviewed")[] | null;
            /** @description The kinds of operations whose events are sent; null: all. */
            kinds: string[] | null;
            enabled: boolean;
            /**
             * Format: date-time
             * @description Since when it is disabled.
             */
            disabledAt: string | null;
            /** @description by_request: a person did. gone: it answered 410. failing: it failed for days. The last two need a person. */
            disabledReason: ("by_request" | "gone" | "failing") | (null);
            /**
             * Format: date-time
             * @description The first failed attempt since the last successful one.
             */
            failingSince: string | null;
            /**
             * Format: date-time
             * @description Until then, the secret before the last rotation signs too.
             */
            previousSecretUntil: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description whsec_…, for verifying. It is shown this once. */
            secret: string;
        };
        WebhookEndpointList: {
            items: components["schemas"]["WebhookEndpoint"][];
            /** @description Where the next page begins; null on the last. */
            nextCursor: string | null;
        };
        /** @description Where events of operations are sent. */
        WebhookEndpoint: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uri
             * @description https, on the default port, without credentials.
             */
            url: string;
            /** @description For people. */
            description: string;
            /** @description The types of events that are sent; null: all. */
            events: ("operation.started" | "operation.processing" | "operation.progressed" | "operation.retrying" | "operation.action_required" | "operation.reconciling" | "operation.succeeded" | "operation.failed" | "operation.canceled" | "operation.expired" | "operation.answered_late" | "operation.reviewed")[] | null;
            /** @description The kinds of operations whose events are sent; null: all. */
            kinds: string[] | null;
            enabled: boolean;
            /**
             * Format: date-time
             * @description Since when it is disabled.
             */
            disabledAt: string | null;
            /** @description by_request: a person did. gone: it answered 410. failing: it failed for days. The last two need a person. */
            disabledReason: ("by_request" | "gone" | "failing") | (null);
            /**
             * Format: date-time
             * @description The first failed attempt since the last successful one.
             */
            failingSince: string | null;
            /**
             * Format: date-time
             * @description Until then, the secret before the last rotation signs too.
             */
            previousSecretUntil: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
        };
        /** @description An event for an endpoint, and what came of it. */
        WebhookDelivery: {
            /**
             * @description The delivery’s id.
             * @example 42
             */
            id: string;
            /** @description The header webhook-id, the same in every attempt. */
            webhookId: string;
            /** @example operation.succeeded */
            type: string;
            /**
             * Format: uuid
             * @description Null for a test event.
             * @example 01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70
             */
            operationId: string | null;
            /** @description The operation’s version; 0 for a test event. */
            version: number;
            /** @enum {string} */
            status: "pending" | "delivered" | "given_up";
            /**
             * Format: date-time
             * @description When the event was distributed.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was delivered or given up.
             */
            finishedAt: string | null;
            /**
             * Format: date-time
             * @description The earliest time of the next attempt.
             */
            nextAttemptAt: string | null;
            /** @description The body that is sent. */
            request: string;
            /** @description The latest 15, oldest first. */
            attempts: {
                /**
                 * Format: date-time
                 * @description When it was sent.
                 */
                at: string;
                url: string;
                durationMs: number;
                /** @description Of the answer; null where there was none. */
                status: number | null;
                /** @description The first KB of the answer. */
                body: string;
                /** @description Why it was no success. */
                error: string | null;
            }[];
        };
        WebhookDeliveryList: {
            items: components["schemas"]["WebhookDelivery"][];
            /** @description Where the next page begins; null on the last. */
            nextCursor: string | null;
        };
        WebhooksResent: {
            /** @description How many are sent again. */
            resent: number;
        };
        /** @description An operation that was started. */
        StartedOperation: {
            /**
             * Format: uuid
             * @description UUIDv7: ids sort by the time of their start.
             */
            id: string;
            /** @example payment.charge */
            kind: string;
            /** @enum {string} */
            status: "pending" | "processing" | "requires_action" | "reconciling" | "success" | "failed" | "canceled" | "expired";
            /** @description Starts at 1 and grows by one with each event; also the ETag, as "v7". */
            version: number;
            /** @description Whether it has ended. An ending never changes. */
            done: boolean;
            /** @description How far the work has come, if its kind reports progress. */
            progress: {
                percent: number;
                message: string | null;
            } | null;
            /** @description What the customer must do, while the status is requires_action. */
            nextAction: {
                /** @enum {string} */
                type: "redirect";
                /** @description The page to send the customer to. */
                url: string;
            } | {
                /** @enum {string} */
                type: "confirm";
                /** @description What the provider’s script in the page needs to ask the customer there, such as its clientSecret. */
                clientData: {
                    [key: string]: string;
                };
            } | {
                /** @enum {string} */
                type: "redirect" | "confirm";
                /**
                 * @description The credentials lack operations:read_secrets.
                 * @enum {boolean}
                 */
                redacted: true;
            } | (null);
            /** @description What came of it, once it is a success; the shape is the kind’s. */
            result: {
                [key: string]: unknown;
            } | null;
            /** @description Why it ended badly, once it has failed. */
            failure: {
                code: string;
                message: string;
                /** @description Whether the same thing, started anew, may work. */
                retryable: boolean;
            } | null;
            metadata: {
                [key: string]: string;
            };
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When its last event occurred.
             */
            updatedAt: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finishedAt: string | null;
            /**
             * Format: date-time
             * @description When it expires, unless it has taken effect before.
             */
            expiresAt: string | null;
            /**
             * Format: date-time
             * @description Only where its content was taken away, some time after its end or because a person’s data was erased: metadata is empty, and of result and history only codes, amounts, references and times are left.
             */
            strippedAt?: string;
            /** @description Where credentials are asked for: shows this operation alone, for an hour. Keep it out of logs and URLs. */
            watchToken?: string;
        };
        OperationList: {
            items: components["schemas"]["Operation"][];
            /** @description Where the next page begins; null on the last. */
            nextCursor: string | null;
        };
        /** @description Work that was started and is followed to its end. */
        Operation: {
            /**
             * Format: uuid
             * @description UUIDv7: ids sort by the time of their start.
             */
            id: string;
            /** @example payment.charge */
            kind: string;
            /** @enum {string} */
            status: "pending" | "processing" | "requires_action" | "reconciling" | "success" | "failed" | "canceled" | "expired";
            /** @description Starts at 1 and grows by one with each event; also the ETag, as "v7". */
            version: number;
            /** @description Whether it has ended. An ending never changes. */
            done: boolean;
            /** @description How far the work has come, if its kind reports progress. */
            progress: {
                percent: number;
                message: string | null;
            } | null;
            /** @description What the customer must do, while the status is requires_action. */
            nextAction: {
                /** @enum {string} */
                type: "redirect";
                /** @description The page to send the customer to. */
                url: string;
            } | {
                /** @enum {string} */
                type: "confirm";
                /** @description What the provider’s script in the page needs to ask the customer there, such as its clientSecret. */
                clientData: {
                    [key: string]: string;
                };
            } | {
                /** @enum {string} */
                type: "redirect" | "confirm";
                /**
                 * @description The credentials lack operations:read_secrets.
                 * @enum {boolean}
                 */
                redacted: true;
            } | (null);
            /** @description What came of it, once it is a success; the shape is the kind’s. */
            result: components["schemas"]["DemoCountdownResult"] | components["schemas"]["PaymentCaptureResult"] | components["schemas"]["PaymentVoidResult"] | components["schemas"]["PaymentRefundResult"] | components["schemas"]["PaymentChargeResult"] | components["schemas"]["PaymentReversalResult"] | (never | null);
            /** @description Why it ended badly, once it has failed. */
            failure: {
                code: string;
                message: string;
                /** @description Whether the same thing, started anew, may work. */
                retryable: boolean;
            } | null;
            metadata: {
                [key: string]: string;
            };
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When its last event occurred.
             */
            updatedAt: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finishedAt: string | null;
            /**
             * Format: date-time
             * @description When it expires, unless it has taken effect before.
             */
            expiresAt: string | null;
            /**
             * Format: date-time
             * @description Only where its content was taken away, some time after its end or because a person’s data was erased: metadata is empty, and of result and history only codes, amounts, references and times are left.
             */
            strippedAt?: string;
        };
        /** @description How many operations started and ended over the last minutes, and how long they took. */
        OperationStatistics: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            bucketSeconds: number;
            /** @description Milliseconds from start to end of which half of those that ended stayed below. */
            p50Ms: number | null;
            /** @description Milliseconds from start to end of which 99 % of those that ended stayed below. */
            p99Ms: number | null;
            buckets: {
                /**
                 * Format: date-time
                 * @description When it begins.
                 */
                at: string;
                started: number;
                ended: {
                    success: number;
                    failed: number;
                    canceled: number;
                    expired: number;
                };
                /** @description Milliseconds from start to end of which half of those that ended stayed below. */
                p50Ms: number | null;
                /** @description Milliseconds from start to end of which 99 % of those that ended stayed below. */
                p99Ms: number | null;
            }[];
            /** @description Now, whenever they started. */
            unfinished: {
                pending: number;
                processing: number;
                requires_action: number;
                reconciling: number;
            };
        };
        /** @description What is not part of the operation as its customer sees it. */
        OperationInspection: {
            /** Format: uuid */
            operationId: string;
            /** @description The input of its start; fields that its kind marks as secret are redacted. */
            input: {
                [key: string]: unknown;
            };
            /** @description How often it was executed; look-ups are not counted. */
            attempts: number;
            /** @description How often an unknown outcome was looked up. */
            lookUps: number;
            /**
             * @description worker: to be claimed; answer: of the attempt that is under way; retry, look_up: until nextAttemptAt; customer: nextAction of the operation.
             * @enum {string}
             */
            waitsFor: "nothing" | "worker" | "answer" | "retry" | "look_up" | "customer";
            /**
             * Format: date-time
             * @description When a worker will claim it next.
             */
            nextAttemptAt: string | null;
            /**
             * Format: date-time
             * @description When it begins to need an operator’s attention; null if it needs none.
             */
            attentionAt: string | null;
            /**
             * Format: date-time
             * @description When a client requested to cancel it.
             */
            cancelRequestedAt: string | null;
            /** @description What a first person has stated of its end; a second one must state the same. */
            proposedResolution: {
                outcome: {
                    [key: string]: unknown;
                };
                by: string;
                reason: string;
                /** Format: date-time */
                at: string;
            } | null;
            /** @description Names the request that started it in the log. */
            requestId: string | null;
        };
        WatchToken: {
            watchToken: string;
            /** Format: date-time */
            expiresAt: string;
        };
        KindList: {
            items: {
                /** @example payment.charge */
                name: string;
                summary: string;
                /** @description The service alone starts it. */
                internal: boolean;
            }[];
        };
        StartToken: {
            /** @description To be sent as Authorization: Bearer … to POST /api/operations. */
            startToken: string;
            /** Format: date-time */
            expiresAt: string;
        };
        ArticleStarted: {
            /**
             * Format: uuid
             * @description The operation’s id.
             * @example 01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70
             */
            operationId: string;
            /** @description Where credentials are asked for: what the page asks checkStatus with. */
            watchToken?: string;
        };
        ArticleStatus: {
            /**
             * @description Such a page knows no other: canceled and expired read as failed.
             * @enum {string}
             */
            status: "pending" | "success" | "failed";
            /** @description What came of it, once it is a success; the shape is the kind’s. */
            result?: {
                [key: string]: unknown;
            } | null;
            /** @description Why it ended badly, once it has failed. */
            failure?: {
                code: string;
                message: string;
                /** @description Whether the same thing, started anew, may work. */
                retryable: boolean;
            } | null;
        };
        PaymentProvider: {
            /**
             * @description Where new charges go.
             * @enum {string}
             */
            name: "sandbox" | "stripe";
            /** @description Whether real money moves. */
            live: boolean;
            /** @description Some that can be tried, the first of which is charged. */
            paymentMethods: {
                token: string;
                /** @description What becomes of a charge with it. */
                summary: string;
            }[];
        };
        /** @description The money of a charge, as its provider reports it. */
        Payment: {
            /** Format: uuid */
            chargeOperationId: string;
            provider: string;
            /** @description The provider’s name of the charge; null until an answer contains it. */
            reference: string | null;
            /** @description ISO 4217. */
            currency: string;
            /**
             * @description nothing_taken: not yet, or never; the operation’s status says which. disputed: a dispute has taken money, and is not won.
             * @enum {string}
             */
            status: "nothing_taken" | "authorized" | "captured" | "partially_refunded" | "refunded" | "voided" | "disputed";
            /** @description Authorized, in the currency’s minor unit. */
            authorized: number;
            /** @description Captured, in the currency’s minor unit. */
            captured: number;
            /** @description Refunded, in the currency’s minor unit. */
            refunded: number;
            /** @description Taken back by disputes that are open or lost, which cannot be refunded, in the currency’s minor unit. */
            disputed: number;
            /** Format: date-time */
            voidedAt: string | null;
            /**
             * Format: date-time
             * @description When it was first sent to the provider.
             */
            sentAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description What has moved money of it since it was charged, oldest first. */
            movements: {
                /** @enum {string} */
                type: "capture" | "void" | "refund" | "dispute";
                /** @description Moved, in the currency’s minor unit. */
                amount: number;
                /**
                 * @description provider: made there without us, in its dashboard or by the cardholder’s bank, and found by comparing.
                 * @enum {string}
                 */
                origin: "operation" | "provider";
                /**
                 * Format: uuid
                 * @description The operation that has moved it; null where none of ours has.
                 */
                operationId: string | null;
                /** @description The provider’s name of it. */
                reference: string | null;
                /**
                 * Format: date-time
                 * @description When it was moved, or found.
                 */
                doneAt: string;
            }[];
        };
        NewApiKey: {
            /** @description What it may do; `operations:start:<kind>` is limited to a kind. Never keys:manage. */
            scopes: string[];
            /**
             * @description Who answers for it.
             * @example shop@example.com
             */
            owner: string;
            /**
             * @description Its prefix, oc_live_ or oc_test_. The service treats both alike.
             * @default test
             * @enum {string}
             */
            mode?: "live" | "test";
            /**
             * @description Seconds until it ends; null: it does not.
             * @default null
             * @example 7776000
             */
            expiresIn?: number | null;
        };
        ApiKeyRoll: {
            /**
             * @description Seconds for which the former key still works; 0: it is revoked at once.
             * @default 86400
             */
            overlap?: number;
        };
        NewWebhookEndpoint: {
            /**
             * Format: uri
             * @description https, on the default port, without credentials.
             */
            url: string;
            /**
             * @description For people.
             * @default
             */
            description?: string;
            /**
             * @description The types of events that are sent; null: all.
             * @default null
             */
            events?: ("operation.started" | "operation.processing" | "operation.progressed" | "operation.retrying" | "operation.action_required" | "operation.reconciling" | "operation.succeeded" | "operation.failed" | "operation.canceled" | "operation.expired" | "operation.answered_late" | "operation.reviewed")[] | null;
            /**
             * @description The kinds of operations whose events are sent; null: all.
             * @default null
             */
            kinds?: string[] | null;
        };
        WebhookEndpointChange: {
            /**
             * Format: uri
             * @description https, on the default port, without credentials.
             */
            url?: string;
            /** @description For people. */
            description?: string;
            /** @description The types of events that are sent; null: all. */
            events?: ("operation.started" | "operation.processing" | "operation.progressed" | "operation.retrying" | "operation.action_required" | "operation.reconciling" | "operation.succeeded" | "operation.failed" | "operation.canceled" | "operation.expired" | "operation.answered_late" | "operation.reviewed")[] | null;
            /** @description The kinds of operations whose events are sent; null: all. */
            kinds?: string[] | null;
            /** @description false: nothing is sent, and what happens is kept and sent later. */
            enabled?: boolean;
        };
        WebhookResend: {
            /**
             * Format: date-time
             * @description All that were created from then on.
             */
            since: string;
            /**
             * @description given_up: only those. finished: also those that were delivered.
             * @default given_up
             * @enum {string}
             */
            status?: "given_up" | "finished";
        };
        Resolution: {
            /** @description The operator’s name; kept in the history. */
            by: string;
            /** @description How they know; kept in the history. */
            reason: string;
            /**
             * @description true: also where what was found cannot be verified now, such as with a provider that is away; kept in the history.
             * @default false
             */
            force?: boolean;
            /** @description How it ended. Omitted for an operation that has ended, which then only leaves the list. */
            outcome?: {
                /** @enum {string} */
                status: "success";
                result: {
                    [key: string]: unknown;
                };
            } | {
                /** @enum {string} */
                status: "failed";
            };
        };
        /** @description Problem details for HTTP APIs, RFC 9457. */
        Problem: {
            /**
             * @description A URN made of the code.
             * @example urn:outcome:problem:operation_not_found
             */
            type: string;
            title: string;
            status: number;
            /** @enum {string} */
            code: "invalid_parameter" | "repeated_header" | "malformed_json" | "bad_request" | "webhook_refused" | "credentials_missing" | "credentials_invalid" | "credentials_expired" | "scope_missing" | "origin_not_allowed" | "operation_not_found" | "connection_not_found" | "payment_not_found" | "provider_not_found" | "webhook_endpoint_not_found" | "webhook_delivery_not_found" | "api_key_not_found" | "route_not_found" | "method_not_allowed" | "request_timeout" | "connection_in_use" | "operation_not_joined" | "operation_already_ended" | "transition_not_allowed" | "nothing_to_review" | "second_person_needed" | "resolution_not_verified" | "charge_not_successful" | "amount_exceeds_payment" | "authorization_not_open" | "stale_operation" | "api_key_ended" | "provider_account_missing" | "webhook_endpoint_exists" | "body_too_large" | "unsupported_media_type" | "host_not_allowed" | "invalid_body" | "unknown_kind" | "webhook_url_refused" | "charge_not_found" | "card_number_refused" | "idempotency_key_reused" | "invalid_message" | "rate_limited" | "too_many_streams" | "too_many_sockets" | "too_many_rooms" | "too_many_messages" | "reader_too_slow" | "head_too_large" | "internal_error" | "backlogged" | "identity_provider_unavailable" | "overloaded" | "storage_unavailable" | "shutting_down";
            /** @description What was expected, what was found and what to do. */
            detail: string;
            /** @description Every wrong field, if the error is about the shape. */
            errors?: {
                path: string;
                message: string;
            }[];
            /** @description To be named when asking for help; also the X-Request-Id header. */
            requestId?: string;
        };
        OperationHistory: {
            /** @description The operation’s, which is the same in all events. */
            metadata: {
                [key: string]: string;
            };
            items: components["schemas"]["PastOperationEvent"][];
            /** @description The version to ask for `after`, where more follow; null where these are all. */
            next: number | null;
        };
        /** @description One step in the life of an operation, with the operation as it was then. */
        OperationEvent: {
            /** Format: uuid */
            operationId: string;
            version: number;
            /** @enum {string} */
            type: "operation.started" | "operation.processing" | "operation.progressed" | "operation.retrying" | "operation.action_required" | "operation.reconciling" | "operation.succeeded" | "operation.failed" | "operation.canceled" | "operation.expired" | "operation.answered_late" | "operation.reviewed";
            /**
             * Format: date-time
             * @description When it occurred.
             */
            occurredAt: string;
            /** @description Details of this step, such as the time of the next attempt. */
            detail: {
                [key: string]: unknown;
            } | null;
            operation: components["schemas"]["Operation"];
        };
        /** @description One step in the life of an operation, without its metadata. */
        PastOperationEvent: {
            /** Format: uuid */
            operationId: string;
            version: number;
            /** @enum {string} */
            type: "operation.started" | "operation.processing" | "operation.progressed" | "operation.retrying" | "operation.action_required" | "operation.reconciling" | "operation.succeeded" | "operation.failed" | "operation.canceled" | "operation.expired" | "operation.answered_late" | "operation.reviewed";
            /**
             * Format: date-time
             * @description When it occurred.
             */
            occurredAt: string;
            /** @description Details of this step, such as the time of the next attempt. */
            detail: {
                [key: string]: unknown;
            } | null;
            operation: components["schemas"]["PastOperation"];
        };
        /** @description The operation as it was then. */
        PastOperation: {
            /**
             * Format: uuid
             * @description UUIDv7: ids sort by the time of their start.
             */
            id: string;
            /** @example payment.charge */
            kind: string;
            /** @enum {string} */
            status: "pending" | "processing" | "requires_action" | "reconciling" | "success" | "failed" | "canceled" | "expired";
            /** @description Starts at 1 and grows by one with each event; also the ETag, as "v7". */
            version: number;
            /** @description Whether it has ended. An ending never changes. */
            done: boolean;
            /** @description How far the work has come, if its kind reports progress. */
            progress: {
                percent: number;
                message: string | null;
            } | null;
            /** @description What the customer must do, while the status is requires_action. */
            nextAction: {
                /** @enum {string} */
                type: "redirect";
                /** @description The page to send the customer to. */
                url: string;
            } | {
                /** @enum {string} */
                type: "confirm";
                /** @description What the provider’s script in the page needs to ask the customer there, such as its clientSecret. */
                clientData: {
                    [key: string]: string;
                };
            } | {
                /** @enum {string} */
                type: "redirect" | "confirm";
                /**
                 * @description The credentials lack operations:read_secrets.
                 * @enum {boolean}
                 */
                redacted: true;
            } | (null);
            /** @description What came of it, once it is a success; the shape is the kind’s. */
            result: components["schemas"]["DemoCountdownResult"] | components["schemas"]["PaymentCaptureResult"] | components["schemas"]["PaymentVoidResult"] | components["schemas"]["PaymentRefundResult"] | components["schemas"]["PaymentChargeResult"] | components["schemas"]["PaymentReversalResult"] | (never | null);
            /** @description Why it ended badly, once it has failed. */
            failure: {
                code: string;
                message: string;
                /** @description Whether the same thing, started anew, may work. */
                retryable: boolean;
            } | null;
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When its last event occurred.
             */
            updatedAt: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finishedAt: string | null;
            /**
             * Format: date-time
             * @description When it expires, unless it has taken effect before.
             */
            expiresAt: string | null;
            /**
             * Format: date-time
             * @description Only where its content was taken away, some time after its end or because a person’s data was erased: metadata is empty, and of result and history only codes, amounts, references and times are left.
             */
            strippedAt?: string;
        };
        DemoCountdownInput: {
            /** @description How long to count. */
            seconds: number;
        };
        PaymentCaptureInput: {
            /**
             * Format: uuid
             * @description The charge’s operation.
             */
            chargeOperationId: string;
            /** @description In the currency’s minor unit; left out, all that is authorized. The rest is released. */
            amount?: number;
        };
        PaymentVoidInput: {
            /**
             * Format: uuid
             * @description The charge’s operation.
             */
            chargeOperationId: string;
        };
        PaymentRefundInput: {
            /**
             * Format: uuid
             * @description The charge’s operation.
             */
            chargeOperationId: string;
            /** @description In the currency’s minor unit; left out, all that is left. */
            amount?: number;
            reason?: string;
        };
        PaymentChargeInput: {
            /** @description In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999. */
            amount: number;
            /**
             * @description ISO 4217.
             * @enum {string}
             */
            currency: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
            /** @description A token of the provider’s. Never a card number. */
            paymentMethod: string;
            /**
             * @description false: authorizes only; payment.capture takes the money later, payment.void releases it.
             * @default true
             */
            capture?: boolean;
            /**
             * @description true: the customer is not there to be asked; a bank that wants to ask them declines.
             * @default false
             */
            offSession?: boolean;
            /**
             * Format: uri
             * @description Where the customer returns to from the bank’s own page.
             */
            returnUrl?: string;
            /** @description The provider’s name of the customer whom the payment method belongs to. */
            customer?: string;
            description?: string;
            orderId?: string;
        };
        /** @description Count down, with progress */
        "Start.demo.countdown": {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "demo.countdown";
            input: components["schemas"]["DemoCountdownInput"];
            /**
             * @description The client’s own notes, given back with the operation: up to 50 keys of 40 characters, values of 500, and 8 KB of JSON in all.
             * @default {}
             */
            metadata?: {
                [key: string]: string;
            };
            /** @description Seconds after which it expires, unless it has taken effect by then. */
            expiresIn?: number;
            /** @description true: the watch token that the start answers with may also cancel the operation. */
            cancelable?: boolean;
        };
        /** @description Capture an authorized charge */
        "Start.payment.capture": {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "payment.capture";
            input: components["schemas"]["PaymentCaptureInput"];
            /**
             * @description The client’s own notes, given back with the operation: up to 50 keys of 40 characters, values of 500, and 8 KB of JSON in all.
             * @default {}
             */
            metadata?: {
                [key: string]: string;
            };
            /** @description Seconds after which it expires, unless it has taken effect by then. */
            expiresIn?: number;
            /** @description true: the watch token that the start answers with may also cancel the operation. */
            cancelable?: boolean;
        };
        /** @description Void an authorized charge */
        "Start.payment.void": {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "payment.void";
            input: components["schemas"]["PaymentVoidInput"];
            /**
             * @description The client’s own notes, given back with the operation: up to 50 keys of 40 characters, values of 500, and 8 KB of JSON in all.
             * @default {}
             */
            metadata?: {
                [key: string]: string;
            };
            /** @description Seconds after which it expires, unless it has taken effect by then. */
            expiresIn?: number;
            /** @description true: the watch token that the start answers with may also cancel the operation. */
            cancelable?: boolean;
        };
        /** @description Refund a charge, all or a part of it */
        "Start.payment.refund": {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "payment.refund";
            input: components["schemas"]["PaymentRefundInput"];
            /**
             * @description The client’s own notes, given back with the operation: up to 50 keys of 40 characters, values of 500, and 8 KB of JSON in all.
             * @default {}
             */
            metadata?: {
                [key: string]: string;
            };
            /** @description Seconds after which it expires, unless it has taken effect by then. */
            expiresIn?: number;
            /** @description true: the watch token that the start answers with may also cancel the operation. */
            cancelable?: boolean;
        };
        /** @description Charge a payment method */
        "Start.payment.charge": {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "payment.charge";
            input: components["schemas"]["PaymentChargeInput"];
            /**
             * @description The client’s own notes, given back with the operation: up to 50 keys of 40 characters, values of 500, and 8 KB of JSON in all.
             * @default {}
             */
            metadata?: {
                [key: string]: string;
            };
            /** @description Seconds after which it expires, unless it has taken effect by then. */
            expiresIn?: number;
            /** @description true: the watch token that the start answers with may also cancel the operation. */
            cancelable?: boolean;
        };
        StartOperation: components["schemas"]["Start.demo.countdown"] | components["schemas"]["Start.payment.capture"] | components["schemas"]["Start.payment.void"] | components["schemas"]["Start.payment.refund"] | components["schemas"]["Start.payment.charge"];
        DemoCountdownResult: {
            counted: number;
        };
        PaymentCaptureResult: {
            provider: string;
            /** @description The provider’s name of it. */
            reference: string;
            /** Format: uuid */
            chargeOperationId: string;
            /** @description In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999. */
            amount: number;
            /**
             * @description ISO 4217.
             * @enum {string}
             */
            currency: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
        };
        PaymentVoidResult: {
            provider: string;
            /** @description The provider’s name of it. */
            reference: string;
            /** Format: uuid */
            chargeOperationId: string;
            /** @description In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999. */
            amount: number;
            /**
             * @description ISO 4217.
             * @enum {string}
             */
            currency: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
        };
        PaymentRefundResult: {
            provider: string;
            /** @description The provider’s name of it. */
            reference: string;
            /** Format: uuid */
            chargeOperationId: string;
            /** @description In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999. */
            amount: number;
            /**
             * @description ISO 4217.
             * @enum {string}
             */
            currency: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
        };
        PaymentChargeResult: {
            provider: string;
            /** @description The provider’s name of the charge. */
            reference: string;
            /** @description In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999. */
            amount: number;
            /**
             * @description ISO 4217.
             * @enum {string}
             */
            currency: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
            /** @description false: it is authorized, to be captured or voided. */
            captured: boolean;
        };
        PaymentReversalResult: {
            provider: string;
            /** @description The provider’s name of it. */
            reference: string;
            /** Format: uuid */
            chargeOperationId: string;
            /** @description In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999. */
            amount: number;
            /**
             * @description ISO 4217.
             * @enum {string}
             */
            currency: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
