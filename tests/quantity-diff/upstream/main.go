// SPDX-License-Identifier: Apache-2.0

// quantity-diff holds plimsoll's quantities against the real resource.ParseQuantity: it generates
// texts from a seed, gives them to PROGRAM (../lines.c) and compares the answers. Where upstream
// wraps or loses a suffix the exact number, worked out with big integers, is what counts.
//
//	quantity-diff [-n 1000000] [-seed 1] PROGRAM
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Digits that plimsoll keeps.
const kept = 38

var real = []string{
	"0", "1", "100m", "250m", "0.5", "1.5", "128Mi", "1Gi", "1.5Gi", "512M", "64Ki", "10G", "1e3",
	"1E6", "2e-3", "0.1", "100Ti", "9223372036854775807", "8Ei", "1025Mi", "123456789", "4Gi", "+1",
	"-1", "1k", "3n", "5u", "0.001", "1.000", "1.230", "12E", "7Pi", "1E", "00", "007Ki",
}

var suffixes = []string{
	"", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
}

const alphabet = "0123456789.+-eEinumkKMGTPEiB _"

// Upstream takes int32 of an exponent and loops over it: longer ones hang it or mean another
// number, so none is generated. plimsoll refuses what does not fit an int32 (quantity_test.c).
var longExponent = regexp.MustCompile(`[eE][+-]?0*[1-9][0-9]{3}`)

func digits(r *rand.Rand, most int) string {
	n := r.Intn(most + 1)
	b := make([]byte, n)
	for i := range b {
		switch r.Intn(8) {
		case 0, 1:
			b[i] = '0'
		case 2:
			b[i] = '9'
		default:
			b[i] = byte('0' + r.Intn(10))
		}
	}
	return string(b)
}

func number(r *rand.Rand) string {
	most := 6
	if r.Intn(4) == 0 {
		most = 24
	}
	if r.Intn(40) == 0 {
		most = 60
	}
	s := []string{"", "", "", "-", "+"}[r.Intn(5)] + digits(r, most)
	if r.Intn(3) == 0 {
		s += "." + digits(r, most)
	}
	return s
}

func mutate(r *rand.Rand, s string) string {
	b := []byte(s)
	for i := r.Intn(3); i >= 0; i-- {
		at := r.Intn(len(b) + 1)
		c := alphabet[r.Intn(len(alphabet))]
		switch k := r.Intn(4); {
		case k == 0 || len(b) == 0 || at == len(b):
			b = append(b[:at], append([]byte{c}, b[at:]...)...)
		case k == 1:
			b = append(b[:at], b[at+1:]...)
		case k == 2:
			b[at] = c
		case b[at] >= 'A':
			b[at] ^= 0x20 // the other case
		}
	}
	return string(b)
}

func generate(r *rand.Rand) string {
	for {
		var s string
		switch r.Intn(8) {
		case 0:
			s = mutate(r, real[r.Intn(len(real))])
		case 1:
			s = number(r) + []string{"e", "E"}[r.Intn(2)] + []string{"", "-", "+"}[r.Intn(3)] +
				fmt.Sprint(r.Intn([]int{4, 20, 400}[r.Intn(3)]))
		case 2:
			s = mutate(r, number(r)+suffixes[r.Intn(len(suffixes))])
		case 3:
			b := make([]byte, r.Intn(10))
			for i := range b {
				b[i] = alphabet[r.Intn(len(alphabet))]
			}
			s = string(b)
		default:
			s = number(r) + suffixes[r.Intn(len(suffixes))]
		}
		if !longExponent.MatchString(s) {
			return s
		}
	}
}

// rounded is d in units of 10^-places, away from zero, saturated.
func rounded(d *inf.Dec, places int) int64 {
	v := new(inf.Dec).Round(d, inf.Scale(places), inf.RoundUp)
	n := v.UnscaledBig()
	if n.IsInt64() && n.Int64() != -1<<63 {
		return n.Int64()
	}
	return int64(n.Sign()) * (1<<63 - 1)
}

func significant(d *inf.Dec) int {
	return len(strings.TrimRight(new(big.Int).Abs(d.UnscaledBig()).String(), "0"))
}

// dec is the exact number; it leaves q as it was.
func dec(q resource.Quantity) *inf.Dec {
	c := q.DeepCopy()
	return c.AsDec()
}

type checker struct {
	last                                           resource.Quantity
	valid, wrapped, lost, long, failed, longLately int
}

func (c *checker) check(text, got string) {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		if got != "-" {
			c.fail(text, "-", got)
		}
		return
	}
	c.valid++
	d := dec(q)
	printed := q.String()
	value, milli := rounded(d, 0), rounded(d, 3)
	if value != q.Value() || milli != q.MilliValue() {
		c.wrapped++
	}
	long := significant(d) > kept
	last := dec(c.last)
	sum := rounded(new(inf.Dec).Add(last, d), 0)
	want := fmt.Sprintf("%s %d %d %d %d ", q.Format, value, milli, last.Cmp(d), sum)
	back, err := resource.ParseQuantity(printed)
	fields := strings.SplitN(got, " ", 6)
	switch {
	case len(fields) != 6:
		c.fail(text, want+printed, got)
	case long || significant(last) > kept:
		c.long++
		// Past 38 digits only the values are promised.
		if fields[0] != string(q.Format) || fields[1] != fmt.Sprint(value) ||
			fields[2] != fmt.Sprint(milli) {
			c.fail(text, want+printed, got)
		}
	case err != nil || back.Cmp(q) != 0:
		c.lost++ // no suffix for so large an exponent: String() means another number
		if !strings.HasPrefix(got, want) {
			c.fail(text, want, got)
		}
	case got != want+printed:
		c.fail(text, want+printed, got)
	}
	c.last = q
}

func (c *checker) fail(text, want, got string) {
	c.failed++
	if c.failed <= 20 {
		fmt.Printf("%q:\n  upstream %s\n  plimsoll %s\n", text, want, got)
	}
}

func run(n int, seed int64, program string) (int, error) {
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		w := bufio.NewWriterSize(in, 1<<20)
		for r, i := rand.New(rand.NewSource(seed)), 0; i < n; i++ {
			fmt.Fprintln(w, generate(r))
		}
		w.Flush()
		in.Close()
	}()
	c := checker{}
	answers := bufio.NewScanner(out)
	answers.Buffer(make([]byte, 1<<16), 1<<20)
	for r, i := rand.New(rand.NewSource(seed)), 0; i < n; i++ {
		if !answers.Scan() {
			return 0, fmt.Errorf("no answer to text %d: %v", i, cmd.Wait())
		}
		c.check(generate(r), answers.Text())
	}
	fmt.Printf("%d texts (seed %d), %d valid; upstream wrapped %d and lost %d, past %d digits %d; "+
		"%d differ\n", n, seed, c.valid, c.wrapped, c.lost, kept, c.long, c.failed)
	return c.failed, cmd.Wait()
}

func main() {
	n := flag.Int("n", 1000000, "texts")
	seed := flag.Int64("seed", 1, "of the generator")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	failed, err := run(*n, *seed, flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}
