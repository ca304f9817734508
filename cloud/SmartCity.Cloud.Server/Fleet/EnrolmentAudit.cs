using System.Text.Json;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Identity;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>
/// Writes enrolments into the audit log. A refusal is a row too, but strangers cause them: of more than sixty a minute the rest is counted and told in one
/// row, so that nobody fills the log.
/// </summary>
internal sealed class EnrolmentAudit(AuditLog log, TimeProvider clock)
{
    private const int RefusalsAMinute = 60;
    private const int TextMax = 200;
    private readonly Lock _gate = new();
    private DateTimeOffset _minute;
    private int _inMinute;
    private long _untold;

    public void Issue(EnrolmentAct act, string address) => log.Write(new Actor($"gateway {act.Gateway}", address), act.How == "renewal" ? "gateway.renew" : "gateway.enrol", act.Gateway, null,
        JsonSerializer.Serialize(new { act.How, act.By, act.Key }, JsonSerializerOptions.Web));

    public void Refuse(string address, string reason) => Refuse(address, "enrol.refused", "enrolment", reason);

    /// <summary>A certificate that was refused in a handshake; what stands in it is a stranger's, and is cut.</summary>
    public void RefuseCertificate(string address, string serial, string subject, string reason) =>
        Refuse(address, "certificate.refused", serial.Length > 64 ? serial[..64] : serial, $"{reason}. Subject: {(subject.Length > TextMax ? subject[..TextMax] + "…" : subject)}");

    private void Refuse(string address, string action, string subject, string reason)
    {
        long untold;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (now - _minute >= TimeSpan.FromMinutes(1) || now < _minute) (_minute, _inMinute) = (now, 0);
            if (++_inMinute > RefusalsAMinute)
            {
                _untold++;
                return;
            }
            (untold, _untold) = (_untold, 0);
        }
        log.Write(new Actor("nobody", address), action, subject, null, untold == 0 ? reason : $"{reason}; {untold} further ones before were not written down each");
    }
}
