CREATE TABLE "mail_events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"message_id" text,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mail_pace" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"due_at" timestamp with time zone,
	"background_due_at" timestamp with time zone,
	"held_until" timestamp with time zone,
	"slow_since" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "suppressions" (
	"person" text NOT NULL,
	"booking_uid" text DEFAULT '' NOT NULL,
	"reason" text NOT NULL,
	"address" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "suppressions_key" PRIMARY KEY("person","booking_uid","reason")
);
--> statement-breakpoint
-- A booking that was replaced says nothing any more, and has no standing of its own.
DELETE FROM "contact_claims" WHERE "standing" = 'superseded';--> statement-breakpoint
ALTER TABLE "contact_claims" DROP CONSTRAINT "contact_claims_key";--> statement-breakpoint
ALTER TABLE "contact_claims" ADD CONSTRAINT "contact_claims_by_person" PRIMARY KEY("provider","external_id","seat","person");--> statement-breakpoint
ALTER TABLE "contact_claims" ADD COLUMN "is_untold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "page_id" text;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "page_found_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "reminders" ADD COLUMN "unknown_since" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "mail_events_by_age" ON "mail_events" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "suppressions_with_address" ON "suppressions" USING btree ("at") WHERE address is not null;--> statement-breakpoint
CREATE INDEX "reminders_by_message" ON "reminders" USING btree (split_part(message_id, '@', 1));