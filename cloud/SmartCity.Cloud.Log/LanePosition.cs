using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>What the log holds durably of one (gateway, epoch, lane).</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Epoch">Epoch of the gateway's spool.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Through">Every number up to here is accounted for; 0 = none.</param>
/// <param name="Names">Names of this (epoch, lane) that are known: ids below this.</param>
public sealed record LanePosition(string Gateway, ulong Epoch, Lane Lane, long Through, int Names);
