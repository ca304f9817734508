namespace SmartCity.Devices;

/// <summary>One thing in a payload that was of no use.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Offset">Where in the payload, bytes from 0.</param>
/// <param name="Element">Index of the element in the payload's array; 0 for a single object; -1 where the whole payload is meant.</param>
/// <param name="Text">Code, place and what to do in one line, with an excerpt, e.g. <c>value:overflow@byte 34 pm25: 1e400 is beyond the range of a double</c>.</param>
public readonly record struct Rejection(RejectReason Reason, int Offset, int Element, string Text);
