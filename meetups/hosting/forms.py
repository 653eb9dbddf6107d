"""What is typed on a page that a host's mail leads to."""

from meetups.web.forms import AtMost, Form, LineField, NoLink


class SpotForm(Form):
    """How people find whoever stands in."""

    class Meta:
        # The address is the permission, and a mail program's own browser may keep no cookie.
        csrf = False

    spot = LineField("How people find you", [AtMost(160), NoLink("Leave the web address out.")])
