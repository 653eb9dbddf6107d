"""Delivery reports (RFC 3464) as mail servers write them, made from the mail that came back."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.replies.samples import lines

# Where nobody asks who has signed it.
RETURNS = f"rsvp+returned-{'a' * 26}@park.example"
OURS = ("From: Hello Park <hello@park.example>", "Subject: Tomorrow 10:00: Stroller walk", "MIME-Version: 1.0")


@dataclass(frozen=True)
class Returned:
    """Whom the mail was to, its Message-ID, and what the report says of it."""

    message_id: str
    rcpt: str = "ana@home.example"
    status: str = "5.1.1"
    action: str = "failed"
    sender: str = RETURNS  # the envelope's, to which the report goes


Server = Callable[[Returned], bytes]


def _report(head: tuple[str, ...], text: str, fields: tuple[str, ...], returned: tuple[str, ...]) -> bytes:
    return lines(
        "Return-Path: <>", *head, "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status;', '\tboundary="B_1/park"', "",
        "This is a MIME-encapsulated message.", "", "--B_1/park", "Content-Type: text/plain; charset=us-ascii", "", text, "",
        "--B_1/park", *fields, "", "--B_1/park", *returned, "", "--B_1/park--",
    )  # fmt: skip


def postfix(mail: Returned) -> bytes:
    """Postfix: names in the parts, X- fields beside the standard's, the whole mail or its headers."""
    return _report(
        ("From: MAILER-DAEMON@mx.home.example (Mail Delivery System)", f"To: {mail.sender}", "Auto-Submitted: auto-replied",
         "Subject: Undelivered Mail Returned to Sender", "Message-Id: <20261201150000.4Bc1@mx.home.example>"),
        "I'm sorry to have to inform you that your message could not be delivered.",
        ("Content-Description: Delivery report", "Content-Type: message/delivery-status", "",
         "Reporting-MTA: dns; mx.home.example", "X-Postfix-Queue-ID: 4Bc1", "X-Postfix-Sender: rfc822; " + mail.sender,
         "Arrival-Date: Tue,  1 Dec 2026 10:00:00 -0500 (EST)", "", f"Final-Recipient: rfc822; {mail.rcpt}",
         f"Original-Recipient: rfc822;{mail.rcpt}", f"Action: {mail.action}", f"Status: {mail.status}",
         f"Diagnostic-Code: X-Postfix; unknown user: \"{mail.rcpt}\""),
        ("Content-Description: Undelivered Message Headers", "Content-Type: text/rfc822-headers", "",
         "Return-Path: <" + mail.sender + ">", *OURS, f"To: {mail.rcpt}", f"Message-ID: {mail.message_id}"),
    )  # fmt: skip


def exim(mail: Returned) -> bytes:
    """Exim: no text to the status, X-Failed-Recipients, the mail as message/rfc822."""
    return _report(
        (f"X-Failed-Recipients: {mail.rcpt}", "Auto-Submitted: auto-replied", f"References: {mail.message_id}",
         "From: Mail Delivery System <Mailer-Daemon@exim.example>", f"To: {mail.sender}",
         "Subject: Mail delivery failed: returning message to sender"),
        "A message that you sent could not be delivered to one or more of its recipients.",
        ("Content-type: message/delivery-status", "", "Reporting-MTA: dns; exim.example", "", f"Action: {mail.action}",
         f"Final-Recipient: rfc822;{mail.rcpt}", f"Status: {mail.status}", "Remote-MTA: dns; mx.home.example",
         "Diagnostic-Code: smtp; 550 No such person at this address"),
        ("Content-type: message/rfc822", "", "Return-path: <" + mail.sender + ">", f"To: {mail.rcpt}", *OURS,
         f"Message-ID: {mail.message_id}", "Content-Type: text/plain", "", "Stroller walk"),
    )  # fmt: skip


def gmail(mail: Returned) -> bytes:
    """Gmail: a picture beside the text, and the Message-ID in References and In-Reply-To as well."""
    return _report(
        ("Content-Language: en", "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>", f"To: {mail.sender}",
         "Auto-Submitted: auto-replied", "Subject: Delivery Status Notification (Failure)", f"References: {mail.message_id}",
         f"In-Reply-To: {mail.message_id}", f"X-Failed-Recipients: {mail.rcpt}"),
        "** Address not found **",
        ("Content-Type: message/delivery-status", "", "Reporting-MTA: dns; googlemail.com",
         f"Received-From-MTA: dns; {mail.sender}", "Arrival-Date: Tue, 01 Dec 2026 07:00:00 -0800 (PST)",
         f"X-Original-Message-ID: {mail.message_id}", "", f"Final-Recipient: rfc822; {mail.rcpt}",
         f"Action: {mail.action}", f"Status: {mail.status}",
         f"Diagnostic-Code: smtp; 550-{mail.status} The email account that you tried to reach does not exist.",
         "Last-Attempt-Date: Tue, 01 Dec 2026 07:00:01 -0800 (PST)"),
        ("Content-Type: message/rfc822", "", *OURS, f"Message-ID: {mail.message_id}", f"To: {mail.rcpt}",
         'Content-Type: multipart/alternative; boundary="in"', "", "--in", "Content-Type: text/plain", "", "Walk", "--in--"),
    )  # fmt: skip


def exchange(mail: Returned) -> bytes:
    """Exchange Online: the mail's Message-ID in In-Reply-To, a status of four digits, base64 around the headers."""
    return _report(
        ("From: <postmaster@outlook.com>", f"To: <{mail.sender}>", f"In-Reply-To: {mail.message_id}",
         f"References: {mail.message_id}", "Subject: Undeliverable: Tomorrow 10:00: Stroller walk", "Auto-Submitted: auto-replied",
         "X-MS-Exchange-Message-Is-Ndr:", "Content-Language: en-US"),
        "Your message could not be delivered.",
        ("Content-Type: message/delivery-status", "", "Reporting-MTA: dns;YT1PR01MB9999.CANPRD01.PROD.OUTLOOK.COM",
         "Received-From-MTA: dns;mail.park.example", "Arrival-Date: Tue, 1 Dec 2026 15:00:00 +0000", "",
         f"Final-Recipient: rfc822;{mail.rcpt}", f"Action: {mail.action}", f"Status: {mail.status}",
         "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        ("Content-Type: message/rfc822", "", "Received: from YT1 by YT2;", "\tTue, 1 Dec 2026 15:00:00 +0000",
         *OURS, f"To: {mail.rcpt}", f"Message-ID: {mail.message_id}", "", "Stroller walk"),
    )  # fmt: skip


def ses(mail: Returned) -> bytes:
    """Amazon SES: it gives our mail a Message-ID of its own, and keeps ours in a header that it adds or in References."""
    return _report(
        ("From: MAILER-DAEMON@eu-west-1.amazonses.com", f"To: {mail.sender}", "Subject: Delivery Status Notification (Failure)",
         "Message-ID: <0102018c@eu-west-1.amazonses.com>", f"In-Reply-To: {mail.message_id}"),
        "An error occurred while trying to deliver the mail to the following recipients:",
        ("Content-Type: message/delivery-status", "Content-Transfer-Encoding: 7bit", "",
         "Reporting-MTA: dns; a7-20.smtp-out.eu-west-1.amazonses.com", "", f"Action: {mail.action}",
         f"Final-Recipient: rfc822; {mail.rcpt}", "Diagnostic-Code: smtp; 550 5.1.1 user unknown", f"Status: {mail.status}"),
        ("Content-Type: message/rfc822", "", *OURS, f"To: {mail.rcpt}", "Message-ID: <0102018b@eu-west-1.amazonses.com>", "", "Walk"),
    )  # fmt: skip


def sendmail(mail: Returned) -> bytes:
    """sendmail: names in capitals, two recipients' groups of which the first was delivered, headers alone."""
    return _report(
        ("From: Mail Delivery Subsystem <MAILER-DAEMON@sendmail.example>", f"To: <{mail.sender}>",
         "Subject: Returned mail: see transcript for details", "Auto-Submitted: auto-generated (failure)"),
        "   ----- The following addresses had permanent fatal errors -----",
        ("Content-Type: message/delivery-status", "", "Reporting-MTA: dns; sendmail.example",
         "Arrival-Date: Tue, 1 Dec 2026 15:00:00 GMT", "", "Final-Recipient: RFC822; other@home.example", "Action: relayed",
         "Status: 2.0.0", "", f"Final-Recipient: RFC822; {mail.rcpt}", f"X-Actual-Recipient: rfc822; {mail.rcpt}",
         f"Action: {mail.action}", f"Status: {mail.status}", "Diagnostic-Code: SMTP; 550 5.1.1 User unknown"),
        ("Content-Type: text/rfc822-headers", "", *OURS, f"To: {mail.rcpt}", f"Message-Id: {mail.message_id}"),
    )  # fmt: skip


SERVERS: dict[str, Server] = {
    "postfix": postfix, "exim": exim, "gmail": gmail, "exchange": exchange, "ses": ses, "sendmail": sendmail,
}  # fmt: skip
