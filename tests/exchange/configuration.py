"""What the two Asterisks are told: the shop's exchange, and the carrier at its other end.

The exchange has what a shop's own would have: ARI on a password, phones on desks, one trunk. The
carrier's dialplan plays the customers: each number acts as the file of its name says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ARI_USER = "waihu"
DESK_PHONES = ("802", "803", "805")
"""Phones that the carrier's Asterisk plays, so that they can ring out, be busy or hang up."""

_SHARED_MODULES = """
app_playtones bridge_simple bridge_softmix chan_pjsip codec_alaw codec_ulaw format_pcm func_callerid
pbx_config res_pjproject res_pjsip res_pjsip_caller_id res_pjsip_dlg_options
res_pjsip_endpoint_identifier_ip res_pjsip_pubsub res_pjsip_rfc3326 res_pjsip_sdp_rtp
res_pjsip_session res_rtp_asterisk res_sorcery_astdb res_sorcery_config res_sorcery_memory
res_timing_timerfd
"""
_EXCHANGE_MODULES = """
app_stasis bridge_holding chan_bridge_media codec_resample format_sln format_wav func_channel
res_ari res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels
res_ari_device_states res_ari_endpoints res_ari_events res_ari_model res_ari_playbacks
res_ari_recordings res_ari_sounds res_http_websocket res_stasis res_stasis_answer
res_stasis_device_state res_stasis_playback res_stasis_recording res_stasis_snoop
"""
_CARRIER_MODULES = """
app_exec app_read app_senddtmf func_cut func_env func_logic func_strings
"""
_LEFT_EMPTY = ["acl", "ccss", "cdr", "cel", "features", "pjproject", "stasis", "udptl"]
"""Files that Asterisk complains about when they are not there."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where on 127.0.0.1 everybody listens; `nobody` is a port where nobody does."""

    ari: int
    exchange: int
    carrier: int
    phone: int
    phone_media: int
    nobody: int


def write_exchange(home: Path, root: Path, ports: Ports, password: str) -> None:
    """The shop's own Asterisk: phones 801 to 805 and the trunk `carrier`."""
    _write_common(home, root, _SHARED_MODULES + _EXCHANGE_MODULES, ports.exchange)
    etc = home / "etc"
    etc.joinpath("http.conf").write_text(
        f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={ports.ari}\n"
    )
    etc.joinpath("ari.conf").write_text(
        f"[general]\nenabled=yes\n[{ARI_USER}]\ntype=user\nread_only=no\npassword={password}\n"
    )
    contacts = {"phone-801": ("801", ports.phone), "phone-804": ("804", ports.nobody)}
    contacts |= {f"phone-{desk}": (desk, ports.carrier) for desk in DESK_PHONES}
    pjsip = etc / "pjsip.conf"
    text = pjsip.read_text() + _endpoint("carrier", f"sip:127.0.0.1:{ports.carrier}")
    for name, (user, port) in sorted(contacts.items()):
        text += _endpoint(name, f"sip:{user}@127.0.0.1:{port}")
    pjsip.write_text(text)
    etc.joinpath("extensions.conf").write_text("[nowhere]\n")


def write_carrier(home: Path, root: Path, ports: Ports) -> None:
    """The carrier's Asterisk: whoever calls from the exchange reaches a customer."""
    _write_common(home, root, _SHARED_MODULES + _CARRIER_MODULES, ports.carrier)
    (home / "customers").mkdir()
    for name in ("rung", "heard"):
        (home / name).touch()
    etc = home / "etc"
    etc.joinpath("http.conf").write_text("[general]\nenabled=no\n")
    with etc.joinpath("pjsip.conf").open("a") as pjsip:
        pjsip.write(_endpoint("exchange", f"sip:127.0.0.1:{ports.exchange}", "customers"))
        pjsip.write("[exchange]\ntype=identify\nendpoint=exchange\nmatch=127.0.0.1\n")
    etc.joinpath("extensions.conf").write_text(_CUSTOMERS.replace("HOME", str(home)))


def _write_common(home: Path, root: Path, modules: str, sip_port: int) -> None:
    etc = home / "etc"
    for name in ("etc", "data/sounds/en", "var", "run", "log", "spool/recording"):
        (home / name).mkdir(parents=True)
    data = root / "usr/share/asterisk"
    for name in ("documentation", "rest-api"):
        (home / "data" / name).symlink_to(data / name)
    folders = {
        "astetcdir": etc,
        "astmoddir": root / "usr/lib/asterisk/modules",
        "astvarlibdir": home / "var",
        "astdbdir": home / "var",
        "astkeydir": home / "var",
        "astdatadir": home / "data",
        "astagidir": home / "data",
        "astspooldir": home / "spool",
        "astrundir": home / "run",
        "astlogdir": home / "log",
        "astsbindir": home / "run",
    }
    etc.joinpath("asterisk.conf").write_text(
        "[directories]\n"
        + "".join(f"{name} => {path}\n" for name, path in folders.items())
        + "[options]\ndefaultlanguage = en\ntransmit_silence = yes\nverbose = 3\n"
    )
    etc.joinpath("modules.conf").write_text(
        "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in modules.split())
    )
    etc.joinpath("logger.conf").write_text(
        "[general]\n[logfiles]\nmessages => notice,warning,error,verbose\n"
    )
    etc.joinpath("rtp.conf").write_text("[general]\nrtpstart=20000\nrtpend=29999\n")
    etc.joinpath("indications.conf").write_text(
        "[general]\ncountry=cn\n[cn]\ndescription=China\nringcadence=1000,4000\n"
        "dial=450\nbusy=450/350,0/350\nring=450/1000,0/4000\ncongestion=450/700,0/700\n"
        "callwaiting=450/400,0/4000\n"
    )
    for name in _LEFT_EMPTY:
        etc.joinpath(f"{name}.conf").touch()
    etc.joinpath("pjsip.conf").write_text(
        f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{sip_port}\n"
    )


def _endpoint(name: str, contact: str, context: str = "nowhere") -> str:
    return (
        f"[{name}]\ntype=endpoint\ncontext={context}\naors={name}\ntransport=udp\n"
        "disallow=all\nallow=alaw,ulaw\ndtmf_mode=rfc4733\ndirect_media=no\n"
        "media_address=127.0.0.1\nbind_rtp_to_media_address=yes\n"
        f"[{name}]\ntype=aor\ncontact={contact}\n"
    )


# A carrier passes the network's own cause on in a Reason header (RFC 3326); so does this one.
_CUSTOMERS = """
[customers]
exten => _[+0-9]!,1,Set(FILE(HOME/rung,,,al,u)=${EXTEN} ${CALLERID(num)})
 same => n,Set(act=answers)
 same => n,ExecIf($["${STAT(e,HOME/customers/${EXTEN})}" = "1"]?Set(act=${FILE(HOME/customers/${EXTEN})}))
 same => n,Set(given=${CUT(act,/,2)})
 same => n,Goto(acts,${CUT(act,/,1)},1)

[acts]
exten => answers,1,Ringing()
 same => n,Wait(0.3)
 same => n,Answer()
 same => n,PlayTones(440/500,0/500)
 same => n,Wait(3600)

exten => hangs_up,1,Ringing()
 same => n,Wait(0.3)
 same => n,Answer()
 same => n,PlayTones(440/500,0/500)
 same => n,Wait(${given})
 same => n,Hangup(16)

exten => presses,1,Ringing()
 same => n,Wait(0.3)
 same => n,Answer()
 same => n,Wait(0.5)
 same => n,SendDTMF(${given})
 same => n,Wait(3600)

exten => asks_extension,1,Answer()
 same => n,Read(heard,,4,,1,20)
 same => n,Set(FILE(HOME/heard,,,al,u)=${heard})
 same => n,GotoIf($["${heard}" = "${given}"]?answers,1)
 same => n,Hangup(1)

exten => rings,1,Ringing()
 same => n,Wait(3600)

exten => busy,1,Hangup(17)
exten => rejects,1,Ringing()
 same => n,Wait(0.3)
 same => n,Hangup(21)
exten => unallocated,1,Hangup(1)
exten => absent,1,Hangup(20)
exten => congested,1,Hangup(34)
"""

PHONE = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="a phone that rings, is picked up and talks back">
  <recv request="INVITE" crlf="true" />
  <send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:801@[local_ip]:[local_port]>
Content-Length: 0

]]></send>
  <recv request="CANCEL" timeout="300" ontimeout="pick-up" />
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <send><![CDATA[
SIP/2.0 487 Request Terminated
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
CSeq: [last_cseq_number] INVITE
Content-Length: 0

]]></send>
  <recv request="ACK" next="end" />
  <label id="pick-up" />
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:801@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=sendrecv

]]></send>
  <recv request="ACK" crlf="true" />
  <recv request="BYE" />
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <label id="end" />
</scenario>
"""
